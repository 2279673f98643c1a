#include "core/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace homeostat {
namespace {

int open_relative(int directory, const char* path, int flags) {
    while (*path == '/') ++path;  // an absolute path would leave the root
    return ::openat(directory, *path == '\0' ? "." : path, flags | O_CLOEXEC);
}

// Reads from the start to the end of file. procfs gives a whole small file in one read, so the
// second read, which only finds the end, is the price of never believing a partial answer.
Result<std::string_view> read_all(int fd, const char* path, std::span<char> buffer) {
    std::size_t size = 0;
    while (size < buffer.size()) {
        const ssize_t count =
            ::pread(fd, buffer.data() + size, buffer.size() - size, static_cast<off_t>(size));
        if (count == 0) return std::string_view(buffer.data(), size);
        if (count < 0) {
            if (errno == EINTR) continue;
            return make_errno_error(errc_of(errno), errno, "read {}", path);
        }
        size += static_cast<std::size_t>(count);
    }
    return make_error(Errc::Limit, "{}: larger than the {} bytes expected", path, buffer.size());
}

}  // namespace

KeptFile::~KeptFile() {
    if (fd_ >= 0) ::close(fd_);
}

KeptFile::KeptFile(KeptFile&& other) noexcept
    : path_(other.path_), fd_(std::exchange(other.fd_, -1)) {}

Result<DirectoryRoot> DirectoryRoot::open(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open root directory {}", path);
    return DirectoryRoot(fd);
}

DirectoryRoot::~DirectoryRoot() {
    if (fd_ >= 0) ::close(fd_);
}

DirectoryRoot::DirectoryRoot(DirectoryRoot&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Result<std::string_view> DirectoryRoot::read(const char* path, std::span<char> buffer) const {
    const int fd = open_relative(fd_, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open {}", path);
    auto text = read_all(fd, path, buffer);
    ::close(fd);
    return text;
}

Result<std::string_view> DirectoryRoot::read(KeptFile& file, std::span<char> buffer) const {
    if (file.fd_ < 0) {
        file.fd_ = open_relative(fd_, file.path(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (file.fd_ < 0) {
            return make_errno_error(errc_of(errno), errno, "open {}", file.path());
        }
    }
    auto text = read_all(file.fd_, file.path(), buffer);
    if (!text && text.error().code != Errc::Limit) {
        ::close(std::exchange(file.fd_, -1));  // gone (ENODEV, ESRCH): opened anew next time
    }
    return text;
}

Result<std::string_view> DirectoryRoot::read_link(const char* path, std::span<char> buffer) const {
    while (*path == '/') ++path;
    const ssize_t count = ::readlinkat(fd_, path, buffer.data(), buffer.size());
    if (count < 0) return make_errno_error(errc_of(errno), errno, "readlink {}", path);
    if (static_cast<std::size_t>(count) == buffer.size()) {
        return make_error(Errc::Limit, "{}: link longer than {} bytes", path, buffer.size());
    }
    return std::string_view(buffer.data(), static_cast<std::size_t>(count));
}

Status DirectoryRoot::list(const char* directory, FunctionRef<bool(std::string_view)> visit) const {
    const int fd = open_relative(fd_, directory, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open directory {}", directory);
    alignas(dirent64) char buffer[16384];  // getdents64 itself: opendir(3) would allocate
    Status status = Ok{};
    for (bool more = true; more;) {
        const long size = ::syscall(SYS_getdents64, fd, buffer, sizeof buffer);
        if (size < 0) {
            status = make_errno_error(errc_of(errno), errno, "list {}", directory);
        }
        if (size <= 0) break;
        for (long at = 0; at < size && more;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
            at += entry->d_reclen;
            const std::string_view name(entry->d_name);
            if (name != "." && name != "..") more = visit(name);
        }
    }
    ::close(fd);
    return status;
}

Result<FilesystemUsage> DirectoryRoot::filesystem_usage(const char* path) const {
    const int fd = open_relative(fd_, path, O_PATH);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open mount {}", path);
    struct statvfs64 info {};
    const int failed = ::fstatvfs64(fd, &info);
    const int error = errno;
    ::close(fd);
    if (failed != 0) return make_errno_error(errc_of(error), error, "statvfs {}", path);
    const std::uint64_t block = info.f_frsize;
    return FilesystemUsage{.size_bytes = info.f_blocks * block,
                           .free_bytes = info.f_bfree * block,
                           .available_bytes = info.f_bavail * block,
                           .files = info.f_files,
                           .files_free = info.f_ffree,
                           .read_only = (info.f_flag & ST_RDONLY) != 0};
}

}  // namespace homeostat
