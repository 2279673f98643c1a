#include "collectors/mounts.hpp"

#include <array>

#include "collectors/mount_prober.hpp"
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
constexpr Metric kHung{"mount_hung", Unit::None, MetricKind::State, Aspect::Errors};
constexpr std::array kMetrics{kSize,     kAvailable, kUsed,    kFiles, kFilesUsed,
                              kReadOnly, kUntracked, kUnknown, kHung};

// Each question is a process: these mounts are asked less often than the local ones.
constexpr Duration kRemoteInterval = seconds(10);
constexpr Duration kWaitingInterval = seconds(4);  // while one has not answered yet

// No answer for so long, and the mount hangs: a server that is merely busy answers in less.
constexpr Duration kHungAfter = seconds(15);

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
    if (bench_.mount_prober() != nullptr) unknown += collect_remote(*found, out);
    out.add(kUntracked, found->untracked);
    note_limit(*found);
    out.add(kUnknown, unknown);
    return last_failure;
}

// Without their number, which moves with every container: it would be told anew each time.
void MountsCollector::note_limit(const LocalMounts& found) {
    limit_.clear();
    if (found.untracked == 0) return;
    if (found.untracked_one.truncated()) {
        format_into(limit_, "not watched: mount points of more than {} bytes, such as {}...",
                    found.untracked_one.capacity(), found.untracked_one);
    } else {
        format_into(limit_, "not watched: more than {} local or {} remote mounts, such as {}",
                    LocalMounts::kMountsMax, LocalMounts::kRemoteMax, found.untracked_one);
    }
}

// How many hang or fail at this moment; between two questions, what the last ones said.
std::uint32_t MountsCollector::collect_remote(const LocalMounts& found, Samples& out) {
    const Duration pause = remote_waits_ ? kWaitingInterval : kRemoteInterval;
    if (remote_asked_ && out.at() - remote_at_ < pause) return remote_unknown_;
    remote_asked_ = true;
    remote_at_ = out.at();
    remote_unknown_ = 0;
    remote_waits_ = false;
    for (const LocalMount& mount : found.remote) {
        const MountAnswer answer = bench_.mount_prober()->ask(mount.mount_point.c_str(), out.at());
        const Subject subject{.kind = SubjectKind::Mount, .name = mount.mount_point.view()};
        const bool hung = answer.waiting >= kHungAfter;
        remote_waits_ = remote_waits_ || answer.waiting > Duration{};
        if (hung || answer.state == MountAnswer::State::Failed) ++remote_unknown_;
        out.add(kHung, subject, hung ? 1 : 0);
        if (answer.state == MountAnswer::State::Known) add_usage(out, mount, answer.usage);
    }
    return remote_unknown_;
}

std::span<const Metric> MountsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
