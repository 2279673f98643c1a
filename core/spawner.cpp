#include "core/spawner.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

namespace homeostat {
namespace {

class Pipe {
public:
    Pipe() = default;
    ~Pipe() {
        close_read();
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    bool open() { return ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
    [[nodiscard]] int read_end() const { return ends_[0]; }
    [[nodiscard]] int write_end() const { return ends_[1]; }
    void close_read() { close_end(ends_[0]); }
    void close_write() { close_end(ends_[1]); }

private:
    static void close_end(int& fd) {
        if (fd >= 0) ::close(std::exchange(fd, -1));
    }
    std::array<int, 2> ends_{-1, -1};
};

struct Pipes {
    Pipe input;
    Pipe output;
    Pipe errors;
    Pipe start;  // carries errno when execve fails; closed by a successful one

    bool open() { return input.open() && output.open() && errors.open() && start.open(); }
};

std::int64_t monotonic_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

// In the child, between fork and execve: only async-signal-safe calls.
[[noreturn]] void become_program(const Pipes& pipes, const Command& command, char* const* argv,
                                 char* const* environment) {
    const int report = pipes.start.write_end();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ}) ::signal(number, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever waits for it may be killed too
    ::setsid();                          // no terminal, and one group to kill
    ::umask(static_cast<mode_t>(command.creation_mask));
    int input = pipes.input.read_end();
    if (command.standard_input.empty()) input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Whatever somebody has left open in this process is not the program's. An old kernel without
    // the call (before 5.11) leaves it to O_CLOEXEC, which all our own descriptors have.
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    const char* directory =
        command.working_directory.empty() ? "/" : command.working_directory.c_str();
    if (::dup2(input, 0) == 0 && ::dup2(pipes.output.write_end(), 1) == 1 &&
        ::dup2(pipes.errors.write_end(), 2) == 2 && ::chdir(directory) == 0) {
        ::execve(argv[0], argv, environment);
    }
    const int error = errno;
    if (::write(report, &error, sizeof error) < 0) ::_exit(126);
    ::_exit(127);
}

void set_nonblocking(int fd) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// One output stream of the child: read to its end, kept up to a cap.
class Stream {
public:
    Stream(int fd, std::string& text, std::size_t size_max, bool& truncated)
        : fd_(fd), text_(text), size_max_(size_max), truncated_(truncated) {
        set_nonblocking(fd_);
    }

    [[nodiscard]] int fd() const { return open_ ? fd_ : -1; }
    [[nodiscard]] bool is_open() const { return open_; }

    // Takes all that is there now.
    void drain() {
        std::array<char, 16384> buffer;
        while (open_) {
            const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
            if (count < 0) {
                if (errno == EINTR) continue;
                open_ = errno == EAGAIN;
                return;
            }
            open_ = count > 0;
            keep({buffer.data(), static_cast<std::size_t>(count)});
        }
    }

private:
    void keep(std::string_view bytes) {
        const std::size_t room = size_max_ - text_.size();
        if (bytes.size() > room) truncated_ = true;
        text_.append(bytes.substr(0, room));
    }

    int fd_;
    std::string& text_;
    std::size_t size_max_;
    bool& truncated_;
    bool open_ = true;
};

bool has_exited(pid_t child) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == child;
}

// Feeds and reads the child until it exits. False when the deadline passes first. A grandchild
// that keeps the streams open does not hold us up: what it says later belongs to nobody.
bool converse(pid_t child, const Command& command, Pipes& pipes, ExitReport& report) {
    const std::int64_t deadline = monotonic_ns() + command.timeout.ns;
    Stream output(pipes.output.read_end(), report.output, command.output_max,
                  report.output_truncated);
    Stream errors(pipes.errors.read_end(), report.errors, command.output_max,
                  report.output_truncated);
    std::string_view to_write = command.standard_input;
    set_nonblocking(pipes.input.write_end());
    int patience_ms = 1;
    while (!has_exited(child)) {
        if (monotonic_ns() >= deadline) return false;
        if (to_write.empty()) pipes.input.close_write();
        std::array<pollfd, 3> fds{{{output.fd(), POLLIN, 0},
                                   {errors.fd(), POLLIN, 0},
                                   {pipes.input.write_end(), POLLOUT, 0}}};
        ::poll(fds.data(), fds.size(), patience_ms);
        patience_ms = patience_ms < 50 ? patience_ms * 2 : 50;
        output.drain();
        errors.drain();
        if (fds[2].revents != 0) {
            const ssize_t count = ::write(fds[2].fd, to_write.data(), to_write.size());
            if (count > 0) to_write.remove_prefix(static_cast<std::size_t>(count));
            if (count < 0 && errno != EINTR && errno != EAGAIN) to_write = {};
        }
    }
    output.drain();
    errors.drain();
    return true;
}

}  // namespace

Result<ExitReport> ProcessSpawner::run(const Command& command) {
    if (command.argv.empty() || command.argv[0].empty() || command.argv[0][0] != '/') {
        return make_error(Errc::Invalid, "a program must be given by its absolute path, got '{}'",
                          command.argv.empty() ? "" : command.argv[0]);
    }
    Pipes pipes;
    if (!pipes.open()) return make_errno_error(Errc::Io, errno, "pipe for {}", command.argv[0]);
    const auto argv = pointers_to(command.argv);
    const auto environment = pointers_to(command.environment);
    const pid_t child = ::fork();
    if (child < 0) return make_errno_error(Errc::Io, errno, "fork for {}", command.argv[0]);
    if (child == 0) become_program(pipes, command, argv.data(), environment.data());
    pipes.input.close_read();
    pipes.output.close_write();
    pipes.errors.close_write();
    pipes.start.close_write();

    int start_error = 0;
    const bool not_started =
        ::read(pipes.start.read_end(), &start_error, sizeof start_error) == sizeof start_error;
    ExitReport report;
    int status = 0;
    if (not_started) {
        ::waitpid(child, &status, 0);
        return make_errno_error(errc_of(start_error), start_error, "start {}", command.argv[0]);
    }
    report.timed_out = !converse(child, command, pipes, report);
    // Whatever it left running in its group goes with it, in time or not. The child itself is not
    // reaped yet, so the group cannot be somebody else's.
    ::kill(-child, SIGKILL);
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) report.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) report.signal = WTERMSIG(status);
    return report;
}

}  // namespace homeostat
