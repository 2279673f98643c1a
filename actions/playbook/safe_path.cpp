#include "actions/playbook/safe_path.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "actions/playbook/path_text.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::uint64_t kNoLinks = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
constexpr std::uint64_t kInside = kNoLinks | RESOLVE_BENEATH;

// openat2 without the ways out of `directory`. EAGAIN is a rename that raced: tried three times.
Descriptor open_resolved(int directory, const std::string& path, std::uint64_t flags,
                         std::uint64_t resolve, mode_t mode = 0) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.mode = mode;
    how.resolve = resolve;
    for (int attempt = 0;; ++attempt) {
        const long fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
        if (fd >= 0) return Descriptor(static_cast<int>(fd));
        if (errno != EAGAIN || attempt == 2) return {};
    }
}

// ELOOP and EXDEV are what openat2 answers to links and mounts.
Error open_error(std::string_view path) {
    const int error = errno;
    if (error == ELOOP) {
        return make_error(Errc::Denied, "{}: a symbolic link is in the way", path);
    }
    if (error == EXDEV) return make_error(Errc::Denied, "{}: a mount point is in the way", path);
    return make_errno_error(errc_of(error), error, "{}", path);
}

std::string relative_to(std::string_view path, std::string_view root) {
    path.remove_prefix(std::min(path.size(), root == "/" ? 0 : root.size()));
    while (!path.empty() && path[0] == '/') path.remove_prefix(1);
    return path.empty() ? "." : std::string(path);
}

Result<Descriptor> open_directory(std::string_view path, const PathGrant& grant) {
    const std::string root = grant.root.empty() ? "/" : grant.root;
    if (!is_at_or_below(path, root)) {
        return make_error(Errc::Denied, "{} is not below {}", path, root);
    }
    const Descriptor base = open_resolved(AT_FDCWD, root, O_PATH | O_DIRECTORY, kNoLinks);
    if (!base) return open_error(root);
    const std::uint64_t mounts = grant.root.empty() ? 0 : RESOLVE_NO_XDEV;
    Descriptor directory = open_resolved(base.get(), relative_to(path, root),
                                         O_RDONLY | O_DIRECTORY, kInside | mounts);
    if (!directory) return open_error(path);
    return directory;
}

std::string fd_path(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

bool is_dots(std::string_view name) {
    return name == "." || name == "..";
}

std::int64_t newest_time_ns(const struct statx& info) {
    const auto ns = [](const statx_timestamp& time) {
        return time.tv_sec * 1'000'000'000 + time.tv_nsec;
    };
    return std::max({ns(info.stx_atime), ns(info.stx_mtime), ns(info.stx_ctime)});
}

bool is_same(const struct statx& a, const struct statx& b) {
    return a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major &&
           a.stx_dev_minor == b.stx_dev_minor && a.stx_size == b.stx_size &&
           a.stx_mtime.tv_sec == b.stx_mtime.tv_sec && a.stx_mtime.tv_nsec == b.stx_mtime.tv_nsec;
}

// Somebody may still be writing a file that is old by all its times: a mapping, a slow log. The
// kernel gives a read lease only on a file that nobody has open for writing (fcntl(2), F_SETLEASE).
// Where it cannot tell (another's file without CAP_LEASE, a network file system) the file stays.
Status check_not_open(int directory, const std::string& name, const std::string& path) {
    const Descriptor file =
        open_resolved(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, kInside);
    if (!file) return open_error(path);
    if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0) {
        ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
        return Ok{};
    }
    if (errno == EAGAIN) return make_error(Errc::Denied, "{} is open for writing", path);
    return make_errno_error(Errc::Denied, errno, "{}: nobody can tell whether it is being written",
                            path);
}

// Walks a tree twice: first it only looks, then it removes. No recursion: the levels are a stack of
// open directories.
class Remover {
public:
    Remover(const PathGrant& grant, const Policy& policy, Instant now)
        : grant_(grant), policy_(policy), now_(now) {}

    Status walk(const Place& place, bool removing) {
        removing_ = removing;
        entries_ = 0;
        if (auto done = visit(place.directory(), place.name(), place.path()); !done) return done;
        while (!levels_.empty()) {
            errno = 0;
            const dirent* entry = ::readdir(levels_.back().stream.get());
            if (entry == nullptr) {
                if (errno != 0) {
                    return make_errno_error(Errc::Io, errno, "read {}", levels_.back().path);
                }
                if (auto done = leave(); !done) return done;
                continue;
            }
            const std::string name = entry->d_name;
            if (is_dots(name)) continue;
            // Copied: visit() may add a level and move the others.
            const std::string path = levels_.back().path + "/" + name;
            const int directory = ::dirfd(levels_.back().stream.get());
            if (auto done = visit(directory, name, path); !done) return done;
        }
        return Ok{};
    }

private:
    struct Level {
        DirectoryStream stream;
        int parent = -1;  // the directory above, which its own level or the Place holds open
        std::string name;
        std::string path;
    };

    Status visit(int directory, const std::string& name, const std::string& path) {
        if (++entries_ > kTreeEntriesMax) {
            return make_error(Errc::Limit, "{}: more than {} entries", path, kTreeEntriesMax);
        }
        struct statx info {};
        constexpr unsigned kWanted = STATX_BASIC_STATS;
        if (::statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, kWanted,
                    &info) != 0) {
            if (errno == ENOENT) return Ok{};  // somebody was faster
            return make_errno_error(errc_of(errno), errno, "{}", path);
        }
        const bool is_directory = S_ISDIR(info.stx_mode);
        if (!removing_) {
            if (auto allowed = check(directory, name, path, info); !allowed) return allowed;
            looked_at_ = info;
        } else if (grant_.regular_files_only && !is_same(info, looked_at_)) {
            return make_error(Errc::Denied, "{} was changed or replaced meanwhile", path);
        }
        if (is_directory) return enter(directory, name, path);
        return removing_ ? unlink(directory, name, path, 0) : Status(Ok{});
    }

    Status check(int directory, const std::string& name, const std::string& path,
                 const struct statx& info) const {
        if ((info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) {
            return make_error(Errc::Denied, "{} is a mount point", path);
        }
        if (grant_.regular_files_only && (!S_ISREG(info.stx_mode) || info.stx_nlink != 1)) {
            return make_error(Errc::Denied, "{} is not a regular file with one name", path);
        }
        const std::int64_t age = now_.unix_ns - newest_time_ns(info);
        if (grant_.age_min.ns > 0 && age < grant_.age_min.ns) {
            return make_error(Errc::Denied,
                              "{} was read, written, renamed or changed less than {} ago", path,
                              to_text(grant_.age_min));
        }
        if (auto allowed = policy_.allow_removal(directory, name); !allowed) return allowed;
        return grant_.regular_files_only ? check_not_open(directory, name, path) : Status(Ok{});
    }

    Status enter(int directory, const std::string& name, const std::string& path) {
        if (levels_.size() >= kTreeDepthMax) {
            return make_error(Errc::Limit, "{}: more than {} levels deep", path, kTreeDepthMax);
        }
        Descriptor fd = open_resolved(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                                      kInside | RESOLVE_NO_XDEV);
        if (!fd) return open_error(path);
        DirectoryStream stream(::fdopendir(fd.get()));
        if (stream == nullptr) return make_errno_error(Errc::Io, errno, "{}", path);
        fd.release();
        levels_.push_back({std::move(stream), directory, name, path});
        return Ok{};
    }

    Status leave() {
        const Level level = std::move(levels_.back());
        levels_.pop_back();
        return removing_ ? unlink(level.parent, level.name, level.path, AT_REMOVEDIR)
                         : Status(Ok{});
    }

    static Status unlink(int directory, const std::string& name, const std::string& path,
                         int flags) {
        if (::unlinkat(directory, name.c_str(), flags) == 0 || errno == ENOENT) return Ok{};
        return make_errno_error(errc_of(errno), errno, "remove {}", path);
    }

    const PathGrant& grant_;
    const Policy& policy_;
    Instant now_;
    bool removing_ = false;
    struct statx looked_at_ {};  // of regular_files_only, which removes one file
    std::size_t entries_ = 0;
    std::vector<Level> levels_;
};

Status write_all(int fd, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t count = ::write(fd, content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return make_errno_error(errc_of(errno), errno, "write {}", path);
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return Ok{};
}

Status fill(int fd, std::string_view content, const Attributes& attributes,
            const std::string& path) {
    if (auto written = write_all(fd, content, path); !written) return written;
    struct stat now {};
    if (::fstat(fd, &now) != 0) return make_errno_error(Errc::Io, errno, "{}", path);
    if (auto set = set_attributes(fd, now, attributes, path); !set) return set;
    if (::fsync(fd) != 0) return make_errno_error(Errc::Io, errno, "sync {}", path);
    return Ok{};
}

}  // namespace

Result<Place> Place::open(std::string_view path, const PathGrant& grant) {
    if (path == "/" || last_name_of(path).empty()) {
        return make_error(Errc::Denied, "'{}' is not a name in a directory", path);
    }
    auto directory = open_directory(parent_of(path), grant);
    if (!directory) return directory.error();
    return Place(std::move(*directory), std::string(last_name_of(path)), std::string(path));
}

Result<std::optional<struct stat>> Place::look() const {
    struct stat info {};
    if (::fstatat(directory(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
        return std::optional(info);
    }
    if (errno == ENOENT) return std::optional<struct stat>();
    return make_errno_error(errc_of(errno), errno, "{}", path_);
}

Result<Descriptor> Place::open_itself() const {
    Descriptor fd = open_resolved(directory(), name_, O_PATH | O_NOFOLLOW, kInside);
    if (!fd) return open_error(path_);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return open_error(path_);
    if (S_ISLNK(info.st_mode)) {
        return make_error(Errc::Denied, "{}: a symbolic link is not followed", path_);
    }
    return fd;
}

Result<std::string> Place::read(std::size_t size_max) const {
    const Descriptor fd =
        open_resolved(directory(), name_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, kInside);
    if (!fd) return open_error(path_);
    std::string content;
    char buffer[16384];
    for (;;) {
        const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
        if (count == 0) return content;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return make_errno_error(errc_of(errno), errno, "read {}", path_);
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > size_max) {
            return make_error(Errc::Limit, "{}: larger than {} bytes", path_, size_max);
        }
    }
}

bool differs(const struct stat& now, const Attributes& wanted) {
    return (wanted.mode && (now.st_mode & 07777U) != *wanted.mode) ||
           (wanted.uid && now.st_uid != *wanted.uid) || (wanted.gid && now.st_gid != *wanted.gid);
}

Status set_attributes(int fd, const struct stat& now, const Attributes& wanted,
                      std::string_view path) {
    const bool new_owner =
        (wanted.uid && now.st_uid != *wanted.uid) || (wanted.gid && now.st_gid != *wanted.gid);
    // The owner first: changing it clears the set-user-id bits of the mode.
    if (new_owner && ::fchownat(fd, "", wanted.uid.value_or(static_cast<uid_t>(-1)),
                                wanted.gid.value_or(static_cast<gid_t>(-1)), AT_EMPTY_PATH) != 0) {
        return make_errno_error(errc_of(errno), errno, "change the owner of {}", path);
    }
    const bool new_mode = wanted.mode && ((now.st_mode & 07777U) != *wanted.mode || new_owner);
    // By way of /proc, because fchmod(2) refuses a descriptor that cannot read or write.
    if (new_mode && ::chmod(fd_path(fd).c_str(), *wanted.mode) != 0) {
        return make_errno_error(errc_of(errno), errno, "change the mode of {}", path);
    }
    return Ok{};
}

Status set_times(int fd, timespec access, timespec modification, std::string_view path) {
    const timespec times[2] = {access, modification};
    if (::utimensat(AT_FDCWD, fd_path(fd).c_str(), times, 0) == 0) return Ok{};
    return make_errno_error(errc_of(errno), errno, "set the times of {}", path);
}

Result<bool> make_directories(std::string_view path, const PathGrant& grant,
                              const Attributes& wanted, unsigned creation_mask) {
    std::vector<std::string> missing;  // innermost first
    std::string at(path);
    while (at != "/") {
        const auto there = open_directory(at, grant);
        if (there) break;
        if (there.error().code != Errc::NotFound) return there.error();
        missing.push_back(at);
        at = parent_of(at);
    }
    for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
        auto place = Place::open(*next, grant);
        if (!place) return place.error();
        if (::mkdirat(place->directory(), place->name().c_str(),
                      static_cast<mode_t>(0777U & ~creation_mask)) != 0) {
            return make_errno_error(errc_of(errno), errno, "make directory {}", *next);
        }
        const auto fd = place->open_itself();
        if (!fd) return fd.error();
        struct stat now {};
        if (::fstat(fd->get(), &now) != 0) return make_errno_error(Errc::Io, errno, "{}", *next);
        Attributes attributes = wanted;
        // Whatever the mask of this process is.
        if (!attributes.mode) attributes.mode = static_cast<mode_t>(0777U & ~creation_mask);
        if (auto set = set_attributes(fd->get(), now, attributes, *next); !set) return set.error();
    }
    return !missing.empty();
}

Status make_file(const Place& place, mode_t mode) {
    const Descriptor fd = open_resolved(place.directory(), place.name(),
                                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kInside, mode);
    if (!fd) return open_error(place.path());
    if (::fchmod(fd.get(), mode) == 0) return Ok{};
    return make_errno_error(errc_of(errno), errno, "{}", place.path());
}

Status write_file(const Place& place, std::string_view content, const Attributes& attributes) {
    // Nobody else makes this name: it is made exclusively, and removed again on every failure.
    const std::string temporary =
        fmt::format(".{}.homeostat.{}", place.name().substr(0, 200), ::getpid());
    const Descriptor fd = open_resolved(place.directory(), temporary,
                                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kInside, 0600);
    if (!fd) return open_error(place.path());
    auto done = fill(fd.get(), content, attributes, place.path());
    if (done && ::renameat(place.directory(), temporary.c_str(), place.directory(),
                           place.name().c_str()) != 0) {
        done = make_errno_error(errc_of(errno), errno, "rename to {}", place.path());
    }
    if (!done) {
        ::unlinkat(place.directory(), temporary.c_str(), 0);
        return done;
    }
    ::fsync(place.directory());  // a failure costs durability of the name, not content
    return Ok{};
}

Status remove(const Place& place, const PathGrant& grant, const Policy& policy, Instant now,
              bool check) {
    Remover remover(grant, policy, now);
    auto looked = remover.walk(place, false);
    if (!looked || check) return looked;
    return remover.walk(place, true);
}

}  // namespace homeostat::playbook
