#include "agent/state_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace homeostat {
namespace {

constexpr mode_t kLockMode = 0640;  // who may read the state may ask whether the watcher lives

struct flock whole_file(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

std::string lock_path(const std::string& directory) {
    return directory + "/lock";
}

}  // namespace

StateLock::~StateLock() {
    if (fd_ >= 0) ::close(fd_);
}

Status StateLock::acquire(const std::string& directory) {
    const std::string path = lock_path(directory);
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kLockMode);
    const bool read_only = fd_ < 0 && errno == EROFS;
    // Nobody can write there, so sharing harms nobody; but others can see that we live.
    if (read_only) fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    // Without a lock from better times nobody can see it, and there is no more to be had.
    if (read_only && fd_ < 0 && errno == ENOENT) return Ok{};
    if (fd_ < 0) return make_errno_error(errc_of(errno), errno, "open {}", path);
    struct flock lock = whole_file(read_only ? F_RDLCK : F_WRLCK);
    if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0) return Ok{};
    if (errno == EAGAIN || errno == EACCES) {
        return make_error(Errc::Failed, "{} is in use by another homeostat", directory);
    }
    return make_errno_error(Errc::Io, errno, "lock {}", path);
}

WatcherState watcher_state(const std::string& directory) {
    const int fd =
        ::open(lock_path(directory).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return errno == ENOENT ? WatcherState::NeverRan : WatcherState::Unknown;
    struct flock lock = whole_file(F_WRLCK);
    const bool asked = ::fcntl(fd, F_OFD_GETLK, &lock) == 0;
    ::close(fd);
    if (!asked) return WatcherState::Unknown;
    return lock.l_type == F_UNLCK ? WatcherState::Gone : WatcherState::Running;
}

}  // namespace homeostat
