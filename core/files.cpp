#include "core/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace homeostat {
namespace {

const char* relative(const char* path) {
    while (*path == '/') ++path;  // an absolute path would leave the root
    return *path == '\0' ? "." : path;
}

FileStamp stamp_of(const struct stat& info) {
    FileStamp stamp;
    if (S_ISREG(info.st_mode)) stamp.type = FileStamp::Type::Regular;
    if (S_ISDIR(info.st_mode)) stamp.type = FileStamp::Type::Directory;
    if (S_ISLNK(info.st_mode)) stamp.type = FileStamp::Type::Link;
    stamp.device = info.st_dev;
    stamp.inode = info.st_ino;
    stamp.size_bytes = static_cast<std::uint64_t>(info.st_size);
    constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's are
    stamp.allocated_bytes = static_cast<std::uint64_t>(info.st_blocks) * kBlockBytes;
    stamp.links = info.st_nlink;
    stamp.changed_ns = info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec;
    stamp.runs_as_owner = stamp.type == FileStamp::Type::Regular &&
                          (info.st_mode & (S_ISUID | S_ISGID)) != 0 &&
                          (info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
    return stamp;
}

}  // namespace

OpenFile::OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void OpenFile::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<DirectoryFiles> DirectoryFiles::open_root(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open root directory {}", path);
    return DirectoryFiles(fd);
}

DirectoryFiles::~DirectoryFiles() {
    if (fd_ >= 0) ::close(fd_);
}

DirectoryFiles::DirectoryFiles(DirectoryFiles&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

Result<FileStamp> DirectoryFiles::stamp(const char* path, Links links) const {
    struct stat info {};
    const int flags = links == Links::Stay ? AT_SYMLINK_NOFOLLOW : 0;
    if (::fstatat(fd_, relative(path), &info, flags) != 0) {
        return make_errno_error(errc_of(errno), errno, "stat {}", path);
    }
    return stamp_of(info);
}

Result<FileStamp> DirectoryFiles::stamp(const OpenFile& file) const {
    struct stat info {};
    if (::fstat(file.fd_, &info) != 0) {
        return make_errno_error(errc_of(errno), errno, "stat of an open file");
    }
    return stamp_of(info);
}

Status DirectoryFiles::open(const char* path, OpenFile& file) const {
    file.close();
    // Without waiting, in case the name is a pipe's; no such thing is a log.
    file.fd_ = ::openat(fd_, relative(path), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file.fd_ < 0) return make_errno_error(errc_of(errno), errno, "open {}", path);
    return Ok{};
}

Result<std::string_view> DirectoryFiles::read_at(const OpenFile& file, std::uint64_t offset,
                                                 std::span<char> buffer) const {
    for (;;) {
        const ssize_t count =
            ::pread(file.fd_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
        if (count >= 0) return std::string_view(buffer.data(), static_cast<std::size_t>(count));
        if (errno != EINTR) return make_errno_error(errc_of(errno), errno, "read an open file");
    }
}

}  // namespace homeostat
