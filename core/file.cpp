#include "core/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace homeostat {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

Status write_all(int fd, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t count = ::write(fd, content.data(), content.size());
        if (count < 0) {
            if (errno == EINTR) continue;
            return make_errno_error(errc_of(errno), errno, "write {}", path);
        }
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return Ok{};
}

Status write_and_sync(const std::string& path, std::string_view content, unsigned mode) {
    const Descriptor file(::open(path.c_str(),
                                 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                                 static_cast<mode_t>(mode)));
    if (file.get() < 0) return make_errno_error(errc_of(errno), errno, "create {}", path);
    const auto written = write_all(file.get(), content, path);
    if (!written) return written;
    if (::fsync(file.get()) != 0) return make_errno_error(Errc::Io, errno, "fsync {}", path);
    return Ok{};
}

void sync_directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() >= 0) ::fsync(fd.get());  // a failure costs durability of the name, not content
}

}  // namespace

Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
    const std::string temporary = path + ".new";
    const auto written = write_and_sync(temporary, content, mode);
    if (!written) {
        ::unlink(temporary.c_str());
        return written;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        return make_errno_error(errc_of(errno), errno, "rename {} to {}", temporary, path);
    }
    sync_directory_of(path);
    return Ok{};
}

Result<std::string> read_file(const std::string& path, std::size_t size_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return make_errno_error(errc_of(errno), errno, "open {}", path);
    std::string content;
    char buffer[65536];
    for (;;) {
        const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
        if (count == 0) return content;
        if (count < 0) {
            if (errno == EINTR) continue;
            return make_errno_error(errc_of(errno), errno, "read {}", path);
        }
        content.append(buffer, static_cast<std::size_t>(count));
        if (content.size() > size_max) {
            return make_error(Errc::Limit, "{}: larger than the {} bytes allowed", path, size_max);
        }
    }
}

Status make_directory(const std::string& path, unsigned mode) {
    if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) == 0 || errno == EEXIST) return Ok{};
    return make_errno_error(errc_of(errno), errno, "create directory {}", path);
}

}  // namespace homeostat
