#include "collectors/file_changes.hpp"

#include <algorithm>
#include <array>

#include "collectors/mountinfo.hpp"
#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kChanges{"file_changes_count", Unit::Count, MetricKind::Counter, Aspect::Other};
constexpr Metric kWatched{"files_watched_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kUnwatched{"directories_unwatched_count", Unit::Count, MetricKind::Gauge,
                            Aspect::Other};
constexpr std::array kMetrics{kChanges, kWatched, kUnwatched};

// The kernel stamps files with a clock that ticks up to 10 ms late.
constexpr std::int64_t kClockSlackNs = 20'000'000;

}  // namespace

FileChangesCollector::FileChangesCollector(Workbench& bench) : bench_(bench) {
    if (!bench_.watched_paths().empty()) queue_.reserve(kDirectoriesMax);
}

Status FileChangesCollector::collect(const Root& root, Samples& out) {
    const Files* files = bench_.files();
    if (files == nullptr || bench_.watched_paths().empty()) {
        return make_error(Errc::NotAvailable, "file_changes: no directories are watched");
    }
    const Instant now = out.at();
    looks_ = 0;
    if (!walking_ && (!walked_ || now - walk_ended_ >= kPause)) begin_walk(root, now);
    while (walking_ && looks_ < kLooksPerRun) {
        if (next_ == queue_.size()) {
            finish_walk(now);
            break;
        }
        const Path directory = queue_[next_++];
        walk_directory(root, *files, directory, now);
    }
    out.add(kChanges, as_double(changes_));
    if (walked_) {
        out.add(kWatched, files_last_);
        out.add(kUnwatched, unwatched_last_);
    }
    return trouble_;
}

void FileChangesCollector::begin_walk(const Root& root, Instant now) {
    if (!walked_) since_unix_ns_ = now.unix_ns - kBefore.ns;
    walking_ = true;
    walk_began_ = now;
    queue_.clear();
    next_ = 0;
    changes_now_ = 0;
    files_ = 0;
    unwatched_ = 0;
    trouble_ = Ok{};
    const auto text = root.read("proc/self/mountinfo", bench_.buffer());
    const std::string_view mountinfo = text ? *text : std::string_view{};
    for (const std::string& path : bench_.watched_paths()) start_from(path, mountinfo);
    avoid_remote(mountinfo);
}

void FileChangesCollector::start_from(std::string_view path, std::string_view mountinfo) {
    if (may_hang(mountinfo, path)) {
        ++unwatched_;
        trouble_ = make_error(Errc::Io, "{}: not watched: its mount may hang", path);
        return;
    }
    while (path.starts_with('/')) path.remove_prefix(1);
    if (queue_.size() < kDirectoriesMax) queue_.emplace_back(path);
}

// To look at a mount point is to ask its server.
void FileChangesCollector::avoid_remote(std::string_view mountinfo) {
    remote_.clear();
    (void)parse_mountinfo(mountinfo, [&](const MountLine& line) {
        if (filesystem_class(line.type) != FilesystemClass::Remote) return;
        const auto point = decode_mount_path(line.mount_point);
        const bool ours =
            std::any_of(bench_.watched_paths().begin(), bench_.watched_paths().end(),
                        [&](const std::string& path) { return is_beneath(point, path); });
        if (!ours || remote_.push(point)) return;
        queue_.clear();
        trouble_ = make_error(Errc::Io, "{}: nothing is watched: too many mounts may hang", point);
    });
}

// A directory that cannot be read, or is gone by now, has nothing to tell.
void FileChangesCollector::walk_directory(const Root& root, const Files& files,
                                          const Path& directory, Instant now) {
    bool told_inside = false;
    (void)root.list(directory.c_str(), [&](std::string_view name) {
        Path path = directory;
        path.append("/");
        path.append(name);
        if (!path.truncated()) told_inside = look_at(files, path, now) || told_inside;
        return true;
    });
    if (told_inside) return;
    ++looks_;
    const auto stamp = files.stamp(directory.c_str(), Links::Stay);
    if (stamp && is_recent(stamp->changed_ns, now)) tell(directory, *stamp, now);
}

// True when the file was changed and this was told.
bool FileChangesCollector::look_at(const Files& files, const Path& path, Instant now) {
    const bool remote = std::any_of(remote_.begin(), remote_.end(), [&](const auto& point) {
        return point.view().substr(1) == path.view();
    });
    if (remote) {
        ++unwatched_;
        return false;
    }
    ++looks_;
    const auto stamp = files.stamp(path.c_str(), Links::Stay);
    if (!stamp) return false;
    if (stamp->type == FileStamp::Type::Directory) {
        if (queue_.size() == kDirectoriesMax) {
            ++unwatched_;
        } else {
            queue_.push_back(path);
        }
        return false;
    }
    ++files_;
    if (!is_recent(stamp->changed_ns, now)) return false;
    tell(path, *stamp, now);
    return true;
}

// A stamp of the future is a clock that was set back: it would be news for ever.
bool FileChangesCollector::is_recent(std::int64_t changed_ns, Instant now) const {
    return changed_ns >= since_unix_ns_ && changed_ns <= now.unix_ns + kClockSlackNs;
}

void FileChangesCollector::tell(const Path& path, const FileStamp& stamp, Instant now) {
    ++changes_;
    if (++changes_now_ > kNamedMax) return;
    const Duration ago{std::min(now.unix_ns - stamp.changed_ns, now.monotonic_ns)};
    Event event{.at = now + Duration{-std::max<std::int64_t>(ago.ns, 0)},
                .kind = EventKind::FileChanged,
                .subject = {},
                .object = {},
                .text = {}};
    format_into(event.object, "/{}", path);
    if (stamp.type == FileStamp::Type::Directory) {
        format_into(event.text, "/{}: something in it was removed or renamed", path);
    } else if (stamp.runs_as_owner) {
        format_into(event.text, "/{} was changed, and runs as its owner (setuid)", path);
    } else {
        format_into(event.text, "/{} was changed", path);
    }
    bench_.events().add(event);
}

void FileChangesCollector::finish_walk(Instant now) {
    if (changes_now_ > kNamedMax) {
        Event event{.at = now,
                    .kind = EventKind::FileChanged,
                    .subject = {},
                    .object = "files",
                    .text = {}};
        format_into(event.text, "{} more files were changed", changes_now_ - kNamedMax);
        bench_.events().add(event);
    }
    walking_ = false;
    walked_ = true;
    walk_ended_ = now;
    since_unix_ns_ = walk_began_.unix_ns - kClockSlackNs;
    files_last_ = files_;
    unwatched_last_ = unwatched_;
}

std::span<const Metric> FileChangesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
