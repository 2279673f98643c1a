#include "collectors/block_health.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

struct Row {
    std::string_view file;
    Metric metric;
};

constexpr std::array kRows{
    Row{"md/degraded",
        {"raid_missing_members_count", Unit::Count, MetricKind::Gauge, Aspect::Errors}},
    Row{"md/mismatch_cnt",
        {"raid_mismatches_count", Unit::Count, MetricKind::Gauge, Aspect::Errors}},
    Row{"device/ioerr_cnt",
        {"disk_errors_count", Unit::Count, MetricKind::Counter, Aspect::Errors}},
    Row{"device/iotmo_cnt",
        {"disk_timeouts_count", Unit::Count, MetricKind::Counter, Aspect::Errors}},
};

constexpr auto kMetrics = [] {
    std::array<Metric, kRows.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = kRows[i].metric;
    return all;
}();

constexpr const char* kDirectory = "sys/block";

}  // namespace

std::optional<std::uint64_t> parse_hexadecimal_or_decimal(std::string_view text) {
    constexpr int kHexadecimal = 16;
    constexpr std::string_view kPrefix = "0x";
    text = trim(text);
    if (text.substr(0, kPrefix.size()) != kPrefix) return parse_u64(text);
    return parse_u64(text.substr(kPrefix.size()), kHexadecimal);
}

Status BlockHealthCollector::collect(const Root& root, Samples& out) {
    std::uint32_t devices = 0;
    bool any = false;
    const auto status = root.list(kDirectory, [&](std::string_view name) {
        if (devices++ == kDevicesMax) return false;
        const Subject subject{.kind = SubjectKind::Device, .name = name};
        for (const Row& row : kRows) {
            FixedString<127> path;
            format_into(path, "{}/{}/{}", kDirectory, name, row.file);
            const auto text = root.read(path.c_str(), bench_.buffer());
            const auto value = text ? parse_hexadecimal_or_decimal(*text) : std::nullopt;
            if (!value) continue;
            out.add(row.metric, subject, as_double(*value));
            any = true;
        }
        return true;
    });
    if (!status && status.error().code != Errc::NotFound) return status;
    if (any) return Ok{};
    return make_error(Errc::NotAvailable, "{}: no RAID array, no disk that counts its errors",
                      kDirectory);
}

std::span<const Metric> BlockHealthCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
