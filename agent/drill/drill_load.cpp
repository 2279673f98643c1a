#include "agent/drill/drill_load.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "agent/drill/drill_faults.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kReady = "ready";

void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

// Until the pipe closes or the time is over; a signal in between changes neither.
void wait_for_end(int pipe, Duration length) {
    const auto deadline_ms = static_cast<int>(length.ns / 1'000'000);
    pollfd watched{.fd = pipe, .events = POLLIN, .revents = 0};
    while (::poll(&watched, 1, deadline_ms) < 0 && errno == EINTR) {
    }
}

// Never returns.
[[noreturn]] void work(const DrillRow& row, const DrillSettings& settings,
                       const DrillGround& ground) {
    (void)::setpgid(0, 0);
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) (void)std::signal(signal, SIG_DFL);
    make_fault(row, settings, ground);
    ::_exit(0);
}

// Never returns. What it reports is kReady or the reason why not.
[[noreturn]] void guard(const DrillRow& row, const DrillSettings& settings, int pipe, int report) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) (void)std::signal(signal, SIG_IGN);
    (void)::prctl(PR_SET_NAME, "drill-guard");
    auto ground = prepare_ground(row);
    if (!ground) {
        write_all(report, ground.error().text.view());
        ::_exit(1);
    }
    const pid_t worker = ::fork();
    if (worker == 0) {
        ::close(pipe);
        ::close(report);
        work(row, settings, *ground);
    }
    if (worker > 0) {
        (void)::setpgid(worker, worker);  // both sides do: whoever comes first
        write_all(report, kReady);
        ::close(report);
        wait_for_end(pipe, settings.length);
        (void)::kill(-worker, SIGKILL);
        (void)::waitpid(worker, nullptr, 0);
    } else {
        write_all(report, "no process can be started");
    }
    clear_ground(row, *ground);
    ::_exit(0);
}

std::string read_report(int fd) {
    std::array<char, 256> buffer{};
    std::string text;
    for (;;) {
        const ssize_t size = ::read(fd, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace

Result<DrillLoad> DrillLoad::start(const DrillRow& row, const DrillSettings& settings) {
    std::array<int, 2> pipe{-1, -1};
    std::array<int, 2> report{-1, -1};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return make_error(Errc::Io, "drill: no pipe: {}", std::strerror(errno));
    }
    if (::pipe2(report.data(), O_CLOEXEC) != 0) {
        ::close(pipe[0]);
        ::close(pipe[1]);
        return make_error(Errc::Io, "drill: no pipe: {}", std::strerror(errno));
    }
    const pid_t guardian = ::fork();
    if (guardian == 0) {
        ::close(pipe[1]);
        ::close(report[0]);
        guard(row, settings, pipe[0], report[1]);
    }
    ::close(pipe[0]);
    ::close(report[1]);
    if (guardian < 0) {
        ::close(pipe[1]);
        ::close(report[0]);
        return make_error(Errc::Failed, "drill: no process can be started: {}",
                          std::strerror(errno));
    }
    DrillLoad load(guardian, pipe[1]);
    const std::string said = read_report(report[0]);
    ::close(report[0]);
    if (said != kReady) return make_error(Errc::Failed, "drill {}: {}", row.name, said);
    return load;
}

DrillLoad::DrillLoad(DrillLoad&& other) noexcept : guardian_(other.guardian_), pipe_(other.pipe_) {
    other.guardian_ = -1;
    other.pipe_ = -1;
}

bool DrillLoad::is_running() {
    if (guardian_ < 0) return false;
    if (::waitpid(guardian_, nullptr, WNOHANG) == 0) return true;
    guardian_ = -1;
    return false;
}

void DrillLoad::stop() {
    if (pipe_ >= 0) ::close(pipe_);
    pipe_ = -1;
    if (guardian_ < 0) return;
    while (::waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
    }
    guardian_ = -1;
}

}  // namespace homeostat
