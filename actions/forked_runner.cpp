#include "actions/forked_runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "actions/action_group.hpp"
#include "actions/descriptor.hpp"
#include "actions/playbook_run.hpp"
#include "actions/trusted_file.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kMessageBytesMax = 8192;
constexpr int kKillRounds = 500;  // of kKillPauseMs each: five seconds, then we say so
constexpr int kKillPauseMs = 10;

// How the wait for the child came to its end.
enum class End : std::uint8_t { Done, TimeUp, Stopped };

std::string compose(const Result<RunOutcome>& result) {
    nlohmann::json json;
    if (result) {
        json = {{"failed", result->failed},
                {"ok", result->ok},
                {"changed", result->changed},
                {"failures", result->failures},
                {"detail", std::string(result->detail.view())}};
    } else {
        json = {{"refused", std::string(result.error().text.view())},
                {"code", static_cast<int>(result.error().code)}};
    }
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::uint32_t number(const nlohmann::json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned()) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(found->get<std::uint64_t>(), UINT32_MAX));
}

RunOutcome failed(std::string_view why) {
    RunOutcome outcome;
    outcome.failed = true;
    outcome.failures = 1;
    outcome.detail = why;
    return outcome;
}

Result<RunOutcome> understand(std::string_view message, int status) {
    if (WIFSIGNALED(status)) {
        return failed(fmt::format("the run was killed by signal {}", WTERMSIG(status)));
    }
    const auto json = nlohmann::json::parse(message, nullptr, false);
    if (!json.is_object()) return failed("the run ended without a report");
    if (const auto refused = json.find("refused"); refused != json.end() && refused->is_string()) {
        return make_error(Errc::Denied, "{}", refused->get_ref<const std::string&>());
    }
    RunOutcome outcome;
    const auto fault = json.find("failed");
    outcome.failed = fault == json.end() || !fault->is_boolean() || fault->get<bool>();
    outcome.ok = number(json, "ok");
    outcome.changed = number(json, "changed");
    outcome.failures = number(json, "failures");
    const auto detail = json.find("detail");
    if (detail != json.end() && detail->is_string()) {
        outcome.detail = std::string_view(detail->get_ref<const std::string&>());
    }
    return outcome;
}

// In the child. The playbook's programs get sessions of their own from the spawner.
[[noreturn]] void be_the_run(const RunOrder& order, std::string_view text, const Root& root,
                             const Clock& clock, Duration age_floor, int report, pid_t parent,
                             const ActionGroup& group) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // it died before the line above
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::setsid();
    group.take(::getpid());  // where there is none, the session is all
    ::umask(077);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ProcessSpawner spawner;
    const std::string message =
        compose(run_in_process(order, text, root, clock, spawner, age_floor));
    std::string_view rest = message;
    while (!rest.empty()) {
        const ssize_t count = ::write(report, rest.data(), rest.size());
        if (count < 0 && errno != EINTR) ::_exit(1);
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
    }
    ::_exit(0);
}

// Reads what the child says until it closes the pipe, or until time is up or we have to stop.
End listen(int pipe, int stop, const Clock& clock, Duration time_limit, std::string& message) {
    const Instant deadline = clock.now() + time_limit;
    for (;;) {
        const Duration left = deadline - clock.now();
        if (left.ns <= 0) return End::TimeUp;
        std::array<pollfd, 2> fds{{{pipe, POLLIN, 0}, {stop, POLLIN, 0}}};
        const auto wait_ms =
            static_cast<int>(std::min<std::int64_t>(left.ns / 1'000'000 + 1, 1000));
        if (::poll(fds.data(), fds.size(), wait_ms) < 0 && errno != EINTR) return End::Stopped;
        if (fds[1].revents != 0) return End::Stopped;
        if (fds[0].revents == 0) continue;
        std::array<char, 4096> buffer;
        const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
        if (count == 0) return End::Done;
        if (count < 0) continue;
        const std::size_t room = kMessageBytesMax - std::min(message.size(), kMessageBytesMax);
        message.append(buffer.data(), std::min(static_cast<std::size_t>(count), room));
    }
}

// SIGKILL to every child of this process.
void kill_children() {
    const std::string path = fmt::format("/proc/self/task/{}/children", ::getpid());
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count <= 0) return;
    std::string_view rest(buffer.data(), static_cast<std::size_t>(count));
    for (auto pid = next_u64(rest); pid; pid = next_u64(rest)) {
        ::kill(static_cast<pid_t>(*pid), SIGKILL);
    }
}

// Ends the run and all that it left behind: its group at once, and one by one what has no group.
// What loses its parent becomes our child, so this goes
// on until there is nobody. Returns how the run itself ended.
int take_down(pid_t run, const ActionGroup& group, bool& all_gone) {
    int run_status = 0;
    group.kill();
    all_gone = false;
    for (int round = 0; round < kKillRounds && !all_gone; ++round) {
        kill_children();
        for (;;) {
            int status = 0;
            const pid_t gone = ::waitpid(-1, &status, WNOHANG);
            if (gone == run) run_status = status;
            if (gone < 0) all_gone = true;
            if (gone <= 0) break;
        }
        if (!all_gone) ::poll(nullptr, 0, kKillPauseMs);
    }
    return run_status;
}

}  // namespace

Result<RunOutcome> ForkedRunner::run(const RunOrder& order) {
    const auto text = order.playbook_text != nullptr
                          ? Result<std::string>(*order.playbook_text)
                          : read_trusted_file(order.playbook_path, kPlaybookBytesMax);
    if (!text) return text.error();
    if (text->size() > kPlaybookBytesMax) {
        return make_error(Errc::Limit, "{}: larger than the {} bytes allowed", order.playbook_path,
                          kPlaybookBytesMax);
    }
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        return make_errno_error(Errc::Io, errno, "become the reaper of the run");
    }
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return make_errno_error(Errc::Io, errno, "pipe");
    const Descriptor from_run(ends[0]);
    Descriptor to_us(ends[1]);
    const ActionGroup group = ActionGroup::make();
    const pid_t self = ::getpid();
    const pid_t run = ::fork();
    if (run < 0) return make_errno_error(Errc::Io, errno, "fork");
    if (run == 0) {
        be_the_run(order, *text, root_, clock_, age_floor_, to_us.get(), self, group);
    }
    to_us.reset();

    std::string message;
    const End end = listen(from_run.get(), stop_, clock_, order.action.time_limit, message);
    int status = 0;
    if (end == End::Done) ::waitpid(run, &status, 0);
    bool all_gone = false;
    const int killed_status = take_down(run, group, all_gone);
    if (end != End::Done) status = killed_status;
    if (!all_gone) return failed("a process of the run does not die (in uninterruptible sleep?)");
    if (end == End::TimeUp) {
        return failed(
            fmt::format("killed with all it had started: longer than its time limit of {}",
                        to_text(order.action.time_limit)));
    }
    if (end == End::Stopped)
        return failed("killed with all it had started: the actuator has to stop");
    return understand(message, status);
}

}  // namespace homeostat
