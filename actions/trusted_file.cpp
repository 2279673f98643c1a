#include "actions/trusted_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "actions/descriptor.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kNamesMax = 4096;  // of one configuration directory

// The same without openat2(2): kernels before 5.6 have none, and systemd's RestrictSUIDSGID=, under
// which the watch runs, answers ENOSYS to it. One name that is neither "." nor ".." can only leave
// the directory through a link, and O_NOFOLLOW refuses that.
int open_name(int directory, const char* name, int flags) {
    const int fd = ::openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 || errno != ENOTDIR) return fd;
    struct stat status {};
    const bool is_link =
        ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
    errno = is_link ? ELOOP : ENOTDIR;
    return -1;
}

// openat2(2) has no wrapper in glibc. EAGAIN means that a rename raced with us: the caller fails,
// and a person or the next request tries again. No O_NOFOLLOW: with O_PATH it would open a link
// itself instead of refusing it. REQUIRES: `name` is one name, and not "..".
int open_beneath(int directory, const char* name, int flags) {
    open_how how{};
    how.flags = static_cast<__u64>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const long fd = ::syscall(SYS_openat2, directory, name, &how, sizeof how);
    return fd < 0 && errno == ENOSYS ? open_name(directory, name, flags) : static_cast<int>(fd);
}

// What makes the open file or directory unfit to be believed; empty: nothing.
std::string_view fault_of(const struct stat& status) {
    const uid_t self = ::geteuid();
    if (status.st_uid != 0 && status.st_uid != self) {
        return "belongs to another user than root";
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    const bool shared_directory =
        S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0 && status.st_uid == 0;
    if (shared_directory) return {};
    return "can be written by group or others";
}

Status check(int fd, const std::string& shown, bool last) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return make_errno_error(Errc::Io, errno, "stat {}", shown);
    std::string_view fault = fault_of(status);
    // A shared directory may lie on the way, but what it holds directly is anybody's.
    if (fault.empty() && last && S_ISDIR(status.st_mode) &&
        (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        fault = "can be written by group or others";
    }
    if (fault.empty()) return Ok{};
    return make_error(Errc::Denied,
                      "{} {} (owner {}, mode {:04o}): it is not believed. Owner root and mode 0755 "
                      "or 0644 are needed, for it and all directories above",
                      shown, fault, status.st_uid, status.st_mode & 07777U);
}

// What is asked of the parts of a path.
enum class Ask : std::uint8_t { Nothing, OwnersAll, OwnersAbove };

// What its distribution lets a group write although root works there.
constexpr std::string_view kLogs = "/var/log";

Status check_above(int fd, const std::string& shown) {
    struct stat status {};
    const bool logs = shown == kLogs && ::fstat(fd, &status) == 0 && status.st_uid == 0 &&
                      (status.st_mode & S_IWOTH) == 0;
    return logs ? Status(Ok{}) : check(fd, shown, false);
}

// In a shared directory anybody may make a name, and only its owner take it away.
Status check_in_shared(int directory, int fd, const std::string& shown) {
    struct stat above {};
    struct stat status {};
    if (::fstat(directory, &above) != 0 || ::fstat(fd, &status) != 0) {
        return make_errno_error(Errc::Io, errno, "stat {}", shown);
    }
    const bool shared =
        (above.st_mode & S_ISVTX) != 0 && (above.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (!shared || status.st_uid == 0 || status.st_uid == ::geteuid()) return Ok{};
    return make_error(Errc::Denied, "{} lies where anybody can write, and belongs to uid {}", shown,
                      status.st_uid);
}

// Opens the path one name at a time from "/", checking each directory. The last name is opened with
// `flags`.
Result<Descriptor> open_path(const std::string& path, int flags, Ask ask) {
    if (path.empty() || path[0] != '/') {
        return make_error(Errc::Invalid, "'{}': an absolute path is needed", path);
    }
    Descriptor at(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!at) return make_errno_error(Errc::Io, errno, "open /");
    if (const auto root = check(at.get(), "/", false); ask != Ask::Nothing && !root) {
        return root.error();
    }
    std::size_t begin = 1;
    while (begin < path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string name = path.substr(begin, end - begin);
        const bool last = path.find_first_not_of('/', end) == std::string::npos;
        begin = end + 1;
        if (name.empty()) continue;
        const std::string shown = path.substr(0, end);
        if (name == "." || name == "..") {
            return make_error(Errc::Invalid, "{}: '{}' is refused in paths", path, name);
        }
        Descriptor child(open_beneath(at.get(), name.c_str(), last ? flags : O_PATH | O_DIRECTORY));
        if (!child) {
            const int error = errno;
            if (error == ELOOP) return make_error(Errc::Denied, "{} is a symbolic link", shown);
            return make_errno_error(errc_of(error), error, "open {}", shown);
        }
        Status believed = Ok{};
        if (ask == Ask::OwnersAll) believed = check(child.get(), shown, last);
        if (ask == Ask::OwnersAbove) {
            believed = last ? check_in_shared(at.get(), child.get(), shown)
                            : check_above(child.get(), shown);
        }
        if (!believed) return believed.error();
        at = std::move(child);
    }
    return at;
}

Result<Descriptor> open_trusted(const std::string& path, int flags) {
    return open_path(path, flags, Ask::OwnersAll);
}

Result<std::string> read_regular(const Result<Descriptor>& file, const std::string& path,
                                 std::size_t size_max) {
    if (!file) return file.error();
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return make_error(Errc::Denied, "{} is not a regular file", path);
    }
    std::string content;
    char buffer[16384];
    for (;;) {
        const ssize_t count = ::read(file->get(), buffer, sizeof buffer);
        if (count == 0) return content;
        if (count < 0) {
            if (errno == EINTR) continue;
            return make_errno_error(Errc::Io, errno, "read {}", path);
        }
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > size_max) {
            return make_error(Errc::Limit, "{}: larger than the {} bytes allowed", path, size_max);
        }
    }
}

}  // namespace

Result<std::string> read_trusted_file(const std::string& path, std::size_t size_max) {
    return read_regular(open_trusted(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), path, size_max);
}

Result<std::string> read_anybodys_file(const std::string& path, std::size_t size_max) {
    return read_regular(open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, Ask::Nothing), path,
                        size_max);
}

Result<std::vector<std::string>> list_trusted_directory(const std::string& path,
                                                        std::string_view suffix) {
    auto directory = open_trusted(path, O_RDONLY | O_DIRECTORY);
    if (!directory) return directory.error();
    const int copy = ::fcntl(directory->get(), F_DUPFD_CLOEXEC, 0);  // fdopendir takes it over
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
    if (stream == nullptr) return make_errno_error(Errc::Io, errno, "open directory {}", path);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name[0] == '.' || !name.ends_with(suffix)) continue;
        if (names.size() == kNamesMax) {
            return make_error(Errc::Limit, "{}: more than {} entries", path, kNamesMax);
        }
        names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Status check_trusted_directory(const std::string& path) {
    const auto directory = open_trusted(path, O_PATH | O_DIRECTORY);
    if (!directory) return directory.error();
    return Ok{};
}

Status check_trusted_way(const std::string& path) {
    const auto way = open_path(path, O_PATH, Ask::OwnersAbove);
    if (!way) return way.error();
    return Ok{};
}

Status check_trusted_program(const std::string& path) {
    const auto file = open_trusted(path, O_PATH);
    if (!file) return file.error();
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return make_error(Errc::Denied, "{} is not a regular file", path);
    }
    if ((status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
        return make_error(Errc::Denied, "{} cannot be executed", path);
    }
    if ((status.st_mode & (S_ISUID | S_ISGID)) != 0) {
        return make_error(Errc::Denied, "{} has a set-user-id bit", path);
    }
    return Ok{};
}

}  // namespace homeostat
