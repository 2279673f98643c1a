#include "core/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/file.hpp"

namespace homeostat {
namespace {

constexpr unsigned kOutputMode = 0644;

int write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t count = ::write(fd, content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

Status write_through(const std::string& path, std::string_view content) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
                          static_cast<mode_t>(kOutputMode));
    if (fd < 0) return make_errno_error(errc_of(errno), errno, "open {}", path);
    int error = write_all(fd, content);
    // Some file systems (NFS) tell only here that there is no room.
    if (::close(fd) != 0 && error == 0 && errno != EINTR) error = errno;
    if (error != 0) return make_errno_error(errc_of(error), error, "write {}", path);
    return Ok{};
}

}  // namespace

bool is_replaceable(const std::string& path) {
    struct stat there {};
    if (::lstat(path.c_str(), &there) != 0) return errno == ENOENT;
    return S_ISREG(there.st_mode);
}

Status write_output_file(const std::string& path, std::string_view content) {
    return is_replaceable(path) ? write_file_atomically(path, content, kOutputMode)
                                : write_through(path, content);
}

}  // namespace homeostat
