#include "collectors/filesystem_errors.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kErrors{"filesystem_errors_count", Unit::Count, MetricKind::Counter,
                         Aspect::Errors};
constexpr std::array kMetrics{kErrors};

constexpr const char* kExt4 = "sys/fs/ext4";
constexpr const char* kBtrfs = "sys/fs/btrfs";

}  // namespace

std::optional<std::uint64_t> sum_of_counts(std::string_view text) {
    std::optional<std::uint64_t> sum;
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line).empty()) continue;
        const auto count = next_u64(line);
        if (!count) return std::nullopt;
        sum = sum.value_or(0) + *count;
    }
    return sum;
}

// A directory for each device, beside one of the module's features.
bool FilesystemErrorsCollector::collect_ext4(const Root& root, Samples& out) {
    bool any = false;
    (void)root.list(kExt4, [&](std::string_view device) {
        FixedString<127> path;
        format_into(path, "{}/{}/errors_count", kExt4, device);
        const auto errors = read_number(root, path.c_str(), bench_.buffer());
        if (!errors) return true;
        out.add(kErrors, {.kind = SubjectKind::Device, .name = device}, as_double(*errors));
        any = true;
        return true;
    });
    return any;
}

// A directory for each file system, by its UUID; the errors of its devices together.
bool FilesystemErrorsCollector::collect_btrfs(const Root& root, Samples& out) {
    bool any = false;
    (void)root.list(kBtrfs, [&](std::string_view uuid) {
        FixedString<127> devices;
        format_into(devices, "{}/{}/devinfo", kBtrfs, uuid);
        std::optional<std::uint64_t> sum;
        (void)root.list(devices.c_str(), [&](std::string_view id) {
            FixedString<127> path;
            format_into(path, "{}/{}/error_stats", devices, id);
            const auto text = root.read(path.c_str(), bench_.buffer());
            const auto errors = text ? sum_of_counts(*text) : std::nullopt;
            if (errors) sum = sum.value_or(0) + *errors;
            return true;
        });
        if (!sum) return true;
        out.add(kErrors, {.kind = SubjectKind::Device, .name = uuid}, as_double(*sum));
        any = true;
        return true;
    });
    return any;
}

Status FilesystemErrorsCollector::collect(const Root& root, Samples& out) {
    const bool ext4 = collect_ext4(root, out);
    const bool btrfs = collect_btrfs(root, out);
    if (ext4 || btrfs) return Ok{};
    return make_error(Errc::NotAvailable, "sys/fs: neither ext4 nor btrfs counts errors here");
}

std::span<const Metric> FilesystemErrorsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
