#include "agent/uplink/spool_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr std::uint64_t kSmallDiskShare = 4;  // of a small disk, one part in so many stays free

// Sets the room aside where the file system can, so that a disk that fills up later cannot refuse
// a record; elsewhere the size alone is set.
Status reserve(int fd, std::size_t size, const std::string& path) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) return make_errno_error(Errc::Io, errno, "stat {}", path);
    if (!S_ISREG(info.st_mode)) return make_error(Errc::Invalid, "{} is not a plain file", path);
    if (info.st_size >= static_cast<off_t>(size)) return Ok{};
    struct statvfs disk {};
    if (::fstatvfs(fd, &disk) == 0 &&
        !leaves_room(disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize,
                     size - static_cast<std::size_t>(info.st_size))) {
        return make_errno_error(errc_of(ENOSPC), ENOSPC,
                                "set aside {} bytes for {}, {} bytes are free", size, path,
                                disk.f_bavail * disk.f_frsize);
    }
    int error = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
    if (error == EOPNOTSUPP || error == EINVAL) {
        error = ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? 0 : errno;
    }
    if (error == 0) return Ok{};
    return make_errno_error(errc_of(error), error, "set aside {} bytes for {}", size, path);
}

Error not_open(const std::string& path) {
    return make_error(Errc::NotAvailable, "{} could not be opened", path);
}

}  // namespace

bool leaves_room(std::uint64_t total, std::uint64_t free, std::uint64_t wanted) {
    const std::uint64_t left = std::min(kSpoolRoomLeft, total / kSmallDiskShare);
    return free >= left && free - left >= wanted;
}

DirectorySpoolFiles::DirectorySpoolFiles(std::string directory)
    : directory_(std::move(directory)) {}

DirectorySpoolFiles::~DirectorySpoolFiles() {
    for (const auto& [name, fd] : descriptors_) {
        if (fd >= 0) ::close(fd);
    }
}

int DirectorySpoolFiles::descriptor(const std::string& name) const {
    const auto found = descriptors_.find(name);
    return found == descriptors_.end() ? -1 : found->second;
}

Status DirectorySpoolFiles::open(const std::string& name, std::size_t size) {
    const std::string path = directory_ + "/" + name;
    int& fd = descriptors_.try_emplace(name, -1).first->second;
    if (fd >= 0) ::close(fd);
    fd = -1;
    const auto made = make_directory(directory_);
    fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kFileMode);
    if (fd >= 0) return reserve(fd, size, path);
    const int error = errno;
    // What is there can still be shipped from a disk that takes nothing new.
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (!made) return made;
    return make_errno_error(errc_of(error), error, "open {}", path);
}

Result<std::size_t> DirectorySpoolFiles::read(const std::string& name, std::size_t offset,
                                              std::span<char> out) {
    const std::string path = directory_ + "/" + name;
    const int fd = descriptor(name);
    if (fd < 0) return not_open(path);
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count =
            ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (count == 0) break;
        if (count < 0) {
            if (errno == EINTR) continue;
            return make_errno_error(Errc::Io, errno, "read {}", path);
        }
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Status DirectorySpoolFiles::write(const std::string& name, std::size_t offset,
                                  std::string_view bytes) {
    const std::string path = directory_ + "/" + name;
    const int fd = descriptor(name);
    if (fd < 0) return not_open(path);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::pwrite(fd, bytes.data() + done, bytes.size() - done,
                                       static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const int error = count < 0 ? errno : ENOSPC;
            return make_errno_error(errc_of(error), error, "write {}", path);
        }
        done += static_cast<std::size_t>(count);
    }
    return Ok{};
}

Status DirectorySpoolFiles::sync(const std::string& name) {
    const std::string path = directory_ + "/" + name;
    const int fd = descriptor(name);
    if (fd < 0) return not_open(path);
    // Not repeated on EINTR either: after any failure the kernel may have dropped the data.
    if (::fdatasync(fd) != 0) return make_errno_error(Errc::Io, errno, "fdatasync {}", path);
    // A record in a file without a name would be gone with this process.
    struct stat info {};
    if (::fstat(fd, &info) != 0 || info.st_nlink == 0) {
        return make_error(Errc::NotAvailable, "{} was removed while in use", path);
    }
    return Ok{};
}

Status DirectorySpoolFiles::sync_directory() {
    const int fd = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open {}", directory_);
    const bool synced = ::fsync(fd) == 0;
    const int error = errno;
    ::close(fd);
    if (!synced) return make_errno_error(Errc::Io, error, "fsync {}", directory_);
    return Ok{};
}

}  // namespace homeostat
