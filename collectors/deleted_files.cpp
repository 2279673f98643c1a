#include "collectors/deleted_files.hpp"

#include <sys/sysmacros.h>

#include <algorithm>
#include <array>

#include "collectors/mountinfo.hpp"
#include "collectors/process_files.hpp"
#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kHeld{"filesystem_deleted_open_bytes", Unit::Bytes, MetricKind::Gauge,
                       Aspect::Capacity};
constexpr Metric kUnseen{"deleted_files_unseen_count", Unit::Count, MetricKind::Gauge,
                         Aspect::Other};
constexpr Metric kInotify{"inotify_instances_used_ratio", Unit::None, MetricKind::Ratio,
                          Aspect::Capacity};
constexpr std::array kMetrics{kHeld, kUnseen, kInotify};

constexpr std::string_view kDeleted = " (deleted)";
// Not on any mount: anonymous memory that the kernel shows as a path.
constexpr std::string_view kMemory = "/memfd:";
constexpr std::string_view kInotifyLink = "anon_inode:inotify";
constexpr const char* kInotifyLimit = "proc/sys/fs/inotify/max_user_instances";

}  // namespace

std::optional<std::uint64_t> parse_device_number(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto major_number = parse_u64(text.substr(0, colon));
    const auto minor_number = parse_u64(text.substr(colon + 1));
    constexpr std::uint64_t kMax = 0xFFFFFFFFU;
    if (!major_number || !minor_number || *major_number > kMax || *minor_number > kMax) {
        return std::nullopt;
    }
    return makedev(static_cast<unsigned>(*major_number), static_cast<unsigned>(*minor_number));
}

Status DeletedFilesCollector::collect(const Root& root, Samples& out) {
    const Files* files = bench_.files();
    if (files == nullptr) {
        return make_error(Errc::NotAvailable, "deleted_files: files are not watched");
    }
    descriptors_ = 0;
    bool whole = true;
    // The kernel lists processes in ascending order, so the pass can go on where it stopped.
    const Status listed = root.list("proc", [&](std::string_view name) {
        const auto pid = parse_u64(name);
        if (!pid || *pid > 0x7FFFFFFFU || static_cast<std::int32_t>(*pid) < next_pid_) return true;
        if (descriptors_ >= kDescriptorsPerRun) {
            whole = false;
            next_pid_ = static_cast<std::int32_t>(*pid);
            return false;
        }
        look_at(root, *files, static_cast<std::int32_t>(*pid));
        return true;
    });
    if (!listed) return listed;
    if (whole) finish(root, out.at());
    if (!passed_) return Ok{};
    for (const MountHeld& held : found_) {
        out.add(kHeld, {.kind = SubjectKind::Mount, .name = held.mount}, as_double(held.bytes));
    }
    out.add(kUnseen, unseen_last_);
    const auto limit = read_number(root, kInotifyLimit, bench_.buffer());
    if (unseen_last_ == 0 && limit && *limit > 0) {
        // One that was handed down to a child counts for both: an upper bound.
        out.add(kInotify, std::min(as_double(inotify_most_) / as_double(*limit), 1.0));
    }
    return Ok{};
}

void DeletedFilesCollector::look_at(const Root& root, const Files& files, std::int32_t pid) {
    counted_.clear();
    mount_.reset();
    std::uint32_t inotify = 0;
    const Status listed =
        root.list(process_path(pid, "fd").c_str(), [&](std::string_view descriptor) {
            ++descriptors_;
            FixedString<63> path = process_path(pid, "fd/");
            path.append(descriptor);
            const auto target = root.read_link(path.c_str(), bench_.buffer());
            if (target && *target == kInotifyLink) ++inotify;
            if (!target || !target->ends_with(kDeleted) || target->starts_with(kMemory)) {
                return true;
            }
            if (!may_ask(root, pid, descriptor)) return true;
            const auto stamp = files.stamp(path.c_str(), Links::Follow);
            if (stamp && stamp->type == FileStamp::Type::Regular && stamp->links == 0) {
                add(pid, *stamp);
            }
            return true;
        });
    if (!listed && listed.error().code == Errc::Denied) ++unseen_;
    if (inotify > 0) count_inotify(root, pid, inotify);
}

// For its real user: the first number of "Uid:\t1000\t1000\t1000\t1000".
void DeletedFilesCollector::count_inotify(const Root& root, std::int32_t pid,
                                          std::uint32_t instances) {
    const auto text = root.read(process_path(pid, "status").c_str(), bench_.buffer());
    if (!text) return;
    std::string_view rest = *text;
    for (std::string_view line; next_line(rest, line);) {
        if (next_word(line) != "Uid:") continue;
        const auto uid = next_u64(line);
        if (!uid) return;
        for (Watcher& known : watchers_) {
            if (known.uid != *uid) continue;
            known.instances += instances;
            return;
        }
        (void)watchers_.push({.uid = *uid, .instances = instances});
        return;
    }
}

// False for files on mounts that may hang, and on those that are in no list: detached ones, and the
// kernel's own, which hold no disk's space. The list is the process's: a container has one of its
// own.
bool DeletedFilesCollector::may_ask(const Root& root, std::int32_t pid,
                                    std::string_view descriptor) {
    FixedString<63> path = process_path(pid, "fdinfo/");
    path.append(descriptor);
    const auto text = root.read(path.c_str(), bench_.buffer());
    const auto mount = text ? parse_mount_id(*text) : std::nullopt;
    if (!mount) return false;
    if (mount_ == mount) return mount_is_local_;
    const auto mounts = root.read(process_path(pid, "mountinfo").c_str(), bench_.buffer());
    const auto kind = mounts ? class_of_mount(*mounts, *mount) : std::nullopt;
    mount_ = mount;
    mount_is_local_ = kind && kind != FilesystemClass::Remote;
    return mount_is_local_;
}

// A file that a process has open twice holds its space once. One shared between processes is
// counted for each of them in turn: rare, and the sum is then an upper bound.
void DeletedFilesCollector::add(std::int32_t pid, const FileStamp& stamp) {
    for (const std::uint64_t inode : counted_) {
        if (inode == stamp.inode) return;
    }
    (void)counted_.push(stamp.inode);
    Held* place = nullptr;
    for (Held& held : held_) {
        if (held.device == stamp.device) place = &held;
    }
    if (place == nullptr) {
        if (!held_.push({.device = stamp.device})) return;
        place = &held_.back();
    }
    place->bytes += stamp.allocated_bytes;
    if (stamp.allocated_bytes > place->largest_bytes) {
        place->largest_bytes = stamp.allocated_bytes;
        place->largest_pid = pid;
    }
}

void DeletedFilesCollector::finish(const Root& root, Instant now) {
    const auto before = found_;
    found_.clear();
    const auto text = root.read("proc/self/mountinfo", bench_.buffer());
    const auto mounts = text ? local_mounts(*text) : Result<LocalMounts>(text.error());
    for (const Held& held : held_) {
        if (!mounts) break;
        for (const LocalMount& mount : mounts->mounts) {
            if (parse_device_number(mount.device) != held.device) continue;
            (void)found_.push({.mount = mount.mount_point, .bytes = held.bytes});
            tell(root, mount.mount_point, held, now);
        }
    }
    // What is free again is told as 0 once: a series that just stops would be unknown.
    for (const MountHeld& known : before) {
        const bool still = std::any_of(found_.begin(), found_.end(), [&](const MountHeld& held) {
            return held.mount == known.mount;
        });
        if (!still && known.bytes > 0) (void)found_.push({.mount = known.mount, .bytes = 0});
    }
    held_.clear();
    inotify_most_ = 0;
    for (const Watcher& user : watchers_) inotify_most_ = std::max(inotify_most_, user.instances);
    watchers_.clear();
    next_pid_ = 0;
    unseen_last_ = unseen_;
    unseen_ = 0;
    passed_ = true;
}

void DeletedFilesCollector::tell(const Root& root, std::string_view mount, const Held& held,
                                 Instant now) {
    const auto usage = root.filesystem_usage(FixedString<127>(mount).c_str());
    const double share_bytes = usage ? kToldShare * as_double(usage->size_bytes) : kToldBytes;
    if (as_double(held.bytes) < std::min(kToldBytes, share_bytes)) return;
    FixedString<15> name("a process");
    const auto text = root.read(process_path(held.largest_pid, "stat").c_str(), bench_.buffer());
    if (const auto stat = text ? parse_process_stat(*text) : Result<ProcessStat>(text.error())) {
        name = stat->name;
    }
    Event event{.at = now,
                .kind = EventKind::DeletedFilesHeld,
                .subject = {.kind = SubjectKind::Mount, .name = mount},
                .object = name.view(),
                .text = {}};
    format_into(event.text, "{} (pid {}) holds {} of deleted files open on {}, of {} held in all",
                name, held.largest_pid, human_bytes(as_double(held.largest_bytes)), mount,
                human_bytes(as_double(held.bytes)));
    bench_.events().add(event);
}

std::span<const Metric> DeletedFilesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
