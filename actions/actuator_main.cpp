// homeostat-actuator: the small program with root's hands. Reads the owner's files and signed
// bundles, takes requests from one socket, runs what they allow, writes down what it did.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "actions/action_files.hpp"
#include "actions/actuator.hpp"
#include "actions/actuator_options.hpp"
#include "actions/actuator_server.hpp"
#include "actions/config_report.hpp"
#include "actions/forked_runner.hpp"
#include "actions/sodium_signatures.hpp"
#include "actions/watcher_uid.hpp"
#include "core/file.hpp"
#include "core/printable.hpp"

#ifndef HOMEOSTAT_VERSION
#define HOMEOSTAT_VERSION "unknown"
#endif

namespace homeostat {
namespace {

constexpr int kExitFine = 0;
constexpr int kExitUnusable = 1;
constexpr int kExitUsage = 2;
constexpr uid_t kNobody = static_cast<uid_t>(-1);

void say(std::string_view text) {
    fmt::print(stderr, "homeostat-actuator: {}\n", printable(text));
}

// Signals come as readable descriptors, so that a run can be ended by one too.
Result<Descriptor> signal_descriptor(std::initializer_list<int> signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    Descriptor fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) return make_errno_error(Errc::Io, errno, "signalfd");
    return fd;
}

// Relative names are for trials by hand; the trust in a path is checked name by name later on.
std::string absolute(const std::string& path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error).lexically_normal();
    std::string text = error ? path : whole.string();
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
}

// The watcher's uid by the allow-list; --watcher-uid can only take a right away.
Result<uid_t> choose_watcher(const ActionConfig& config, const ActuatorOptions& options,
                             const Root& root) {
    if (!config.has_allow_list) return kNobody;
    const auto uid = find_watcher_uid(config.allow_list.watcher, root);
    if (!uid) return uid.error();
    if (!options.watcher_uid || *options.watcher_uid == *uid) return *uid;
    if (*options.watcher_uid == 0) return uid_t{0};
    return make_error(Errc::Denied, "--watcher-uid {}: allow.yml says {}; only 0 is tighter",
                      *options.watcher_uid, *uid);
}

Result<Descriptor> open_socket(const ActuatorOptions& options, uid_t watcher) {
    if (!options.listen.empty()) {
        return listen_at(absolute(options.listen), watcher == kNobody ? ::geteuid() : watcher);
    }
    return inherited_socket(std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"), ::getpid());
}

// Reads the files again; what cannot be read leaves the old ones in force.
void reload(const ActuatorOptions& options, const Root& root, const Clock& clock,
            ActionFiles& files, Actuator& actuator) {
    const auto fresh = load_action_config(options.config, Trust::OwnerOnly);
    if (!fresh) return say(fmt::format("not reloaded: {}", fresh.error().text));
    const auto watcher = choose_watcher(*fresh, options, root);
    if (!watcher) return say(fmt::format("not reloaded: {}", watcher.error().text));
    if (const auto read = files.reload(clock.now()); !read) {
        return say(fmt::format("not reloaded: {}", read.error().text));
    }
    actuator.replace_config(files.current(), *watcher);
    say(fmt::format("reloaded: {} rules, {} allowed targets", files.current().rules.size(),
                    files.current().allow_list.targets.size()));
}

Status run(const ActuatorOptions& options, const Root& root) {
    const SystemClock clock;
    ProcessSpawner spawner;
    const auto stop = signal_descriptor({SIGTERM, SIGINT});
    const auto again = signal_descriptor({SIGHUP});
    if (!stop || !again) return (stop ? again : stop).error();
    // SIGIO comes to who holds a lease when another opens the file (playbook/safe_path.cpp).
    for (const int number : {SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ, SIGIO}) ::signal(number, SIG_IGN);

    if (const auto made = make_directory(options.state, 0700); !made) return made;
    const SodiumSignatures signatures;
    const ActionPlaces places{options.config,    options.state, options.bundle,
                              HOMEOSTAT_VERSION, root,          signatures};
    auto files = ActionFiles::open(places, clock.now());
    if (!files) return files.error();
    const auto watcher = choose_watcher(files->current(), options, root);
    if (!watcher) return watcher.error();
    const auto listener = open_socket(options, *watcher);
    if (!listener) return listener.error();
    // Nothing of the environment is needed from here on, so nothing can be passed on.
    ::clearenv();

    ForkedRunner runner(root, clock, stop->get(), options.age_floor);
    auto actuator = Actuator::open(
        files->current(), *watcher, options.state,
        {.root = root, .clock = clock, .spawner = spawner, .runner = runner, .files = &*files});
    if (!actuator) return actuator.error();
    for (;;) {
        const auto end = serve(*listener, *actuator, stop->get(), again->get(), options.idle_exit);
        if (!end) return end.error();
        if (*end != ServeEnd::Reload) return Ok{};
        reload(options, root, clock, *files, *actuator);
    }
}

int check(const ActuatorOptions& options, const Root& root) {
    const bool named = options.config != ActuatorOptions{}.config;
    if (const auto usable = check_config_directory(options.config, named); !usable) {
        say(usable.error().text);
        return kExitUnusable;
    }
    const SystemClock clock;
    ProcessSpawner spawner;
    const ConfigReport report =
        report_config(options.config, Trust::OwnerOnly, root, clock, spawner);
    fmt::print("{}", printable(report.text, Lines::Many));
    return report.errors == 0 ? kExitFine : kExitUnusable;
}

int main_with(std::span<const char* const> arguments) {
    auto options = parse_actuator_options(arguments);
    if (!options) {
        say(options.error().text);
        return kExitUsage;
    }
    if (options->help) {
        fmt::print("{}", actuator_help());
        return kExitFine;
    }
    if (options->version) {
        fmt::print("homeostat-actuator {}\n", HOMEOSTAT_VERSION);
        return kExitFine;
    }
    ::umask(077);
    options->config = absolute(options->config);
    options->state = absolute(options->state);
    options->bundle = absolute(options->bundle);
    const auto root = DirectoryRoot::open("/");
    if (!root) {
        say(root.error().text);
        return kExitUnusable;
    }
    if (options->check) return check(*options, *root);
    const auto served = run(*options, *root);
    if (served) return kExitFine;
    say(served.error().text);
    return kExitUnusable;
}

}  // namespace
}  // namespace homeostat

int main(int argc, char** argv) {
    const std::vector<const char*> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return homeostat::main_with(arguments);
}
