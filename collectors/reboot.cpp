#include "collectors/reboot.hpp"

#include <array>
#include <optional>

#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kRequired{"reboot_required", Unit::None, MetricKind::State, Aspect::Other};
constexpr std::array kMetrics{kRequired};

constexpr std::array<const char*, 2> kMarkers{"run/reboot-required", "run/reboot-needed"};
constexpr const char* kKernels = "usr/lib/modules";

std::optional<std::int64_t> boot_time_seconds(std::string_view stat) {
    for (std::string_view line; next_line(stat, line);) {
        if (next_word(line) == "btime") return parse_i64(next_word(line));
    }
    return std::nullopt;
}

}  // namespace

// By the change time of each kernel's image, which nobody can set back.
Result<bool> RebootCollector::is_kernel_newer(const Root& root) {
    const auto nobody =
        make_error(Errc::NotAvailable, "reboot: nothing here says whether one is required");
    const Files* files = bench_.files();
    if (files == nullptr) return nobody;
    const auto release = root.read("proc/sys/kernel/osrelease", bench_.buffer());
    if (!release) return release.error();
    const FixedString<127> running(trim(*release));
    const auto stat = root.read("proc/stat", bench_.buffer());
    if (!stat) return stat.error();
    const auto boot = boot_time_seconds(*stat);
    if (!boot) return make_error(Errc::Parse, "proc/stat: expected btime");
    bool found = false;
    bool newer = false;
    (void)root.list(kKernels, [&](std::string_view kernel) {
        FixedString<191> path;
        format_into(path, "{}/{}/vmlinuz", kKernels, kernel);
        const auto image = files->stamp(path.c_str(), Links::Follow);
        if (!image) return true;
        found = true;
        newer = newer || (running != kernel && image->changed_ns / seconds(1).ns > *boot);
        return true;
    });
    if (!found) return nobody;
    return newer;
}

Status RebootCollector::collect(const Root& root, Samples& out) {
    for (const char* marker : kMarkers) {
        const auto text = root.read(marker, bench_.buffer());
        if (!text && text.error().code == Errc::NotFound) continue;
        if (!text) return text.error();
        out.add(kRequired, 1);
        return Ok{};
    }
    if (root.read("etc/debian_version", bench_.buffer())) {
        out.add(kRequired, 0);
        return Ok{};
    }
    const auto newer = is_kernel_newer(root);
    if (!newer) return newer.error();
    out.add(kRequired, *newer ? 1 : 0);
    return Ok{};
}

std::span<const Metric> RebootCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
