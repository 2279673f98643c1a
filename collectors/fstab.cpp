#include "collectors/fstab.hpp"

#include <array>

#include "collectors/mountinfo.hpp"
#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kMissing{"mount_missing", Unit::None, MetricKind::State, Aspect::Errors};
constexpr std::array kMetrics{kMissing};

constexpr std::size_t kWantedMax = 64;

struct Wanted {
    FixedString<127> mount_point;
    bool mounted = false;
};

bool has_option(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        const auto comma = options.find(',');
        if (options.substr(0, comma) == wanted) return true;
        if (comma == std::string_view::npos) break;
        options.remove_prefix(comma + 1);
    }
    return false;
}

}  // namespace

void parse_fstab(std::string_view text, FunctionRef<void(std::string_view)> mount) {
    for (std::string_view line; next_line(text, line);) {
        const std::string_view device = next_word(line);
        const std::string_view point = next_word(line);
        const std::string_view type = next_word(line);
        const std::string_view options = next_word(line);
        if (device.empty() || device.front() == '#' || point.substr(0, 1) != "/") continue;
        if (type.empty() || type == "swap" || has_option(options, "noauto") ||
            has_option(options, "x-systemd.automount")) {
            continue;
        }
        mount(point);
    }
}

Status FstabCollector::collect(const Root& root, Samples& out) {
    const auto buffer = bench_.buffer();
    const auto fstab = read_source(root, "etc/fstab", buffer);
    if (!fstab) return fstab.error();
    FixedVector<Wanted, kWantedMax> wanted;
    parse_fstab(*fstab, [&](std::string_view point) {
        (void)wanted.push({decode_mount_path(point), false});  // 64 are more than anybody lists
    });
    if (wanted.empty()) {
        return make_error(Errc::NotAvailable, "etc/fstab: wants nothing mounted");
    }
    const auto mounts = read_source(root, "proc/self/mountinfo", buffer);
    if (!mounts) return mounts.error();
    const auto parsed = parse_mountinfo(*mounts, [&](const MountLine& line) {
        const auto point = decode_mount_path(line.mount_point);
        for (Wanted& item : wanted) item.mounted = item.mounted || item.mount_point == point;
    });
    if (!parsed) return parsed.error();
    for (const Wanted& item : wanted) {
        out.add(kMissing, {.kind = SubjectKind::Mount, .name = item.mount_point},
                item.mounted ? 0 : 1);
    }
    return Ok{};
}

std::span<const Metric> FstabCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
