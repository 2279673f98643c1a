#include "agent/drill/own_watcher.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace homeostat {
namespace {

[[noreturn]] void become(const char* program, const std::string& directory,
                         const std::string& length) {
    (void)::setpgid(0, 0);  // Ctrl-C is the drill's, which ends us in its own time
    (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);  // the drill itself has them blocked
    const std::string log = directory + "/watcher.log";
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)::dup2(fd, STDOUT_FILENO);
        (void)::dup2(fd, STDERR_FILENO);
    }
    const std::string config = directory + "/config";
    const std::string state = directory + "/state";
    ::execl(program, "homeostat", "run", "--config", config.c_str(), "--state", state.c_str(),
            "--for", length.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
}

}  // namespace

Result<OwnWatcher> OwnWatcher::start(const char* program, const std::string& temporary,
                                     Duration length) {
    std::string directory = temporary + "/homeostat-drill.XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) {
        return make_error(Errc::Io, "{}: {}", temporary, std::strerror(errno));
    }
    (void)::mkdir((directory + "/config").c_str(), 0700);
    const std::string limit = fmt::format("{}s", length.ns / seconds(1).ns);
    const pid_t pid = ::fork();
    if (pid == 0) become(program, directory, limit);
    OwnWatcher watcher(pid, directory);
    if (pid < 0)
        return make_error(Errc::Failed, "no process can be started: {}", std::strerror(errno));
    return watcher;
}

OwnWatcher::OwnWatcher(OwnWatcher&& other) noexcept
    : pid_(other.pid_), directory_(std::move(other.directory_)) {
    other.pid_ = -1;
    other.directory_.clear();
}

bool OwnWatcher::is_running() {
    if (pid_ < 0) return false;
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
    pid_ = -1;
    return false;
}

void OwnWatcher::stop() {
    if (pid_ >= 0) {
        (void)::kill(pid_, SIGTERM);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
    }
    if (directory_.empty()) return;
    std::error_code ignored;  // what cannot be removed stays behind: it is in a temporary directory
    std::filesystem::remove_all(directory_, ignored);
    directory_.clear();
}

}  // namespace homeostat
