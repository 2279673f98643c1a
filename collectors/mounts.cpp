#include "collectors/mounts.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kSize{"filesystem_size_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Other};
constexpr Metric kAvailable{"filesystem_avail_bytes", Unit::Bytes, MetricKind::Gauge,
                            Aspect::Capacity};
constexpr Metric kUsed{"filesystem_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity};
constexpr Metric kFiles{"filesystem_files", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kFilesUsed{"filesystem_files_used_ratio", Unit::None, MetricKind::Ratio,
                            Aspect::Capacity};
constexpr Metric kReadOnly{"filesystem_read_only", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kUntracked{"filesystems_untracked_count", Unit::Count, MetricKind::Gauge,
                            Aspect::Other};
constexpr Metric kUnknown{"filesystems_unknown_count", Unit::Count, MetricKind::Gauge,
                          Aspect::Other};
constexpr std::array kMetrics{kSize,      kAvailable, kUsed,      kFiles,
                              kFilesUsed, kReadOnly,  kUntracked, kUnknown};

void add_usage(Samples& out, const LocalMount& mount, const FilesystemUsage& usage) {
    const auto used = used_ratio(usage);
    if (!used) return;
    const Subject subject{.kind = SubjectKind::Mount, .name = mount.mount_point.view()};
    out.add(kSize, subject, as_double(usage.size_bytes));
    out.add(kAvailable, subject, as_double(usage.available_bytes));
    out.add(kUsed, subject, *used);
    out.add(kReadOnly, subject, mount.read_only ? 1 : 0);
    if (const auto files_used = files_used_ratio(usage)) {
        out.add(kFiles, subject, as_double(usage.files));
        out.add(kFilesUsed, subject, *files_used);
    }
}

}  // namespace

std::optional<double> used_ratio(const FilesystemUsage& usage) {
    if (usage.size_bytes == 0 || usage.free_bytes > usage.size_bytes) return std::nullopt;
    const double used = as_double(usage.size_bytes - usage.free_bytes);
    const double reachable = used + as_double(usage.available_bytes);
    if (reachable == 0) return std::nullopt;
    return used / reachable;
}

std::optional<double> files_used_ratio(const FilesystemUsage& usage) {
    if (usage.files == 0 || usage.files_free > usage.files) return std::nullopt;
    return 1 - as_double(usage.files_free) / as_double(usage.files);
}

Status MountsCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto found = local_mounts(*text);
    if (!found) return found.error();
    Status last_failure = Ok{};
    std::uint32_t unknown = 0;
    for (const LocalMount& mount : found->mounts) {
        const auto usage = root.filesystem_usage(mount.mount_point.c_str());
        if (usage) {
            add_usage(out, mount, *usage);
        } else if (usage.error().code != Errc::NotFound) {  // a single file, or mounted over
            last_failure = usage.error();
            ++unknown;
        }
    }
    out.add(kUntracked, found->untracked);
    out.add(kUnknown, unknown);
    return last_failure;
}

std::span<const Metric> MountsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
