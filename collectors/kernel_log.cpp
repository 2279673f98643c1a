#include "collectors/kernel_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace homeostat {

DeviceKernelLog::~DeviceKernelLog() {
    if (fd_ >= 0) ::close(fd_);
}

Status DeviceKernelLog::open() {
    const int fd = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        const Errc code = errno == ENOENT ? Errc::NotAvailable : errc_of(errno);
        return make_errno_error(code, errno, "{}", path_);
    }
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !S_ISCHR(info.st_mode)) {
        ::close(fd);
        return make_error(Errc::NotAvailable, "{}: not a device", path_);
    }
    if (::lseek(fd, 0, SEEK_END) < 0) {
        const int error = errno;
        ::close(fd);
        return make_errno_error(errc_of(error), error, "{}: seek to its end", path_);
    }
    fd_ = fd;
    return Ok{};
}

Result<std::string_view> DeviceKernelLog::next(std::span<char> buffer) {
    if (fd_ < 0) {
        const Status opened = open();
        if (!opened) return opened.error();
    }
    for (;;) {
        const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
        if (count >= 0) return std::string_view{buffer.data(), static_cast<std::size_t>(count)};
        if (errno == EINTR || errno == EPIPE) continue;  // EPIPE: overwritten, the next one follows
        if (errno == EAGAIN) return std::string_view{};
        const int error = errno;
        ::close(std::exchange(fd_, -1));
        return make_errno_error(errc_of(error), error, "{}", path_);
    }
}

}  // namespace homeostat
