#include <unistd.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include "agent/cli/command.hpp"
#include "agent/config/config.hpp"
#include "agent/drill/drill_fitness.hpp"
#include "agent/drill/drill_load.hpp"
#include "agent/drill/drill_outcome.hpp"
#include "agent/drill/own_watcher.hpp"
#include "agent/incidents/incident_store.hpp"
#include "agent/state_lock.hpp"
#include "core/nearest.hpp"

namespace homeostat {
namespace {

constexpr const char* kProgram = "/proc/self/exe";
constexpr Duration kLook = seconds(1);
// After it was seen: the causes are looked at anew for so long, and a rule decides within it.
constexpr Duration kSettle = seconds(20);

struct Options {
    std::string name;
    std::string length = "60s";
    std::string directory = "/var/tmp";
    std::string state = kStateDirectory;
    bool own_watcher = false;
    bool json = false;
    bool list = false;
};

// The signals that end a drill are waited for instead of a sleep: it then takes back what it did
// and says what it saw. They are blocked for as long as this lives.
class Interruption {
public:
    Interruption() {
        sigemptyset(&signals_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
        (void)::sigprocmask(SIG_BLOCK, &signals_, &before_);
    }
    ~Interruption() { (void)::sigprocmask(SIG_SETMASK, &before_, nullptr); }
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    // Waits; true when a signal came, now or before.
    bool came_within(Duration length) {
        const timespec wait{.tv_sec = length.ns / seconds(1).ns,
                            .tv_nsec = length.ns % seconds(1).ns};
        came_ = came_ || ::sigtimedwait(&signals_, nullptr, &wait) > 0;
        return came_;
    }

private:
    sigset_t signals_{};
    sigset_t before_{};
    bool came_ = false;
};

void list_drills(Session& session) {
    for (const DrillRow& row : drill_rows()) {
        session.out << fmt::format("{:<8} {}\n", row.name, row.does);
        if (!row.without_root.empty())
            session.out << "         needs root: " << row.without_root << "\n";
        if (!row.not_run.empty()) session.out << "         not run: " << row.not_run << "\n";
    }
}

// The watcher whose incidents tell: the one that runs here, else one of our own.
class Watch {
public:
    static Result<Watch> find(Session& session, const Options& options, Duration length,
                              Interruption& interruption) {
        Watch watch;
        watch.state_ = options.state;
        const bool readable = IncidentStore(options.state).check().has_value();
        if (!options.own_watcher && readable &&
            watcher_state(options.state) == WatcherState::Running) {
            return watch;
        }
        const char* temporary = std::getenv("TMPDIR");
        auto own = OwnWatcher::start(kProgram, temporary == nullptr ? "/tmp" : temporary,
                                     length + OwnWatcher::kWarmUp + kSettle);
        if (!own) return own.error();
        if (!options.json) {
            session.out << fmt::format("No watcher to ask: one of its own learns for {} first.\n",
                                       to_text(OwnWatcher::kWarmUp));
            session.out.flush();
        }
        watch.own_.emplace(std::move(*own));
        watch.state_ = watch.own_->state_directory();
        if (interruption.came_within(OwnWatcher::kWarmUp)) {
            return make_error(Errc::Failed, "interrupted before it began");
        }
        if (!watch.own_->is_running()) {
            return make_error(Errc::Failed, "the watcher of the drill's own did not start");
        }
        return watch;
    }

    [[nodiscard]] std::vector<Incident> incidents() const {
        std::size_t damaged = 0;
        return IncidentStore(state_).load(damaged);
    }

private:
    std::string state_;
    std::optional<OwnWatcher> own_;
};

bool has_settled(const DrillOutcome& outcome, std::int64_t now_unix_ns) {
    if (!outcome.kind_right) return false;
    const Duration since{now_unix_ns - outcome.incident->opened.unix_ns};
    return since >= kSettle;
}

int run_drill(Session& session, const Options& options, const DrillRow& row, Duration length) {
    const auto fit = check_fitness(
        read_strain(session.host.root, std::max(1U, std::thread::hardware_concurrency())));
    if (!fit) {
        session.complain(
            fmt::format("no drill now: {}: try again when it is well", fit.error().text));
        return 1;
    }
    Interruption interruption;
    auto watch = Watch::find(session, options, length, interruption);
    if (!watch) {
        session.complain(watch.error().text);
        return 1;
    }
    const std::int64_t began = session.host.clock.now().unix_ns;
    auto load = DrillLoad::start(row, {.length = length, .io_directory = options.directory});
    if (!load) {
        session.complain(load.error().text);
        return 1;
    }
    if (!options.json) {
        session.out << fmt::format("Drill {}: {}, for {} at most.\n", row.name, row.does,
                                   to_text(length));
        session.out.flush();
    }
    DrillOutcome outcome;
    while (load->is_running() && !interruption.came_within(kLook)) {
        outcome = judge_drill(row, watch->incidents(), began);
        if (has_settled(outcome, session.host.clock.now().unix_ns)) break;
    }
    load->stop();
    outcome = judge_drill(row, watch->incidents(), began);
    session.out << (options.json ? drill_json(row, outcome) : drill_text(row, outcome));
    if (!options.json) session.out << "ended      all of it is taken back\n";
    return outcome.is_good() ? 0 : 1;
}

int run(Session& session, const Options& options) {
    if (options.list) {
        list_drills(session);
        return 0;
    }
    const DrillRow* row = find_drill(options.name);
    if (row == nullptr) {
        std::vector<std::string_view> names;
        for (const DrillRow& known : drill_rows()) names.push_back(known.name);
        session.complain(fmt::format("there is no drill '{}'{}; --list tells which there are",
                                     options.name, did_you_mean(options.name, names)));
        return 2;
    }
    if (!row->not_run.empty()) {
        session.complain(fmt::format("drill {} is not run: {}", row->name, row->not_run));
        return 1;
    }
    const auto length = parse_duration(options.length);
    if (!length || *length < seconds(1) || *length > kDrillLengthMax) {
        session.complain(fmt::format("--for: expected 1s to {}, got '{}'", to_text(kDrillLengthMax),
                                     options.length));
        return 2;
    }
    if (!row->without_root.empty() && ::geteuid() != 0) {
        session.complain(fmt::format("drill {} needs root: {}", row->name, row->without_root));
        return 1;
    }
    return run_drill(session, options, *row, *length);
}

}  // namespace

void add_drill_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "drill", "Make a small, bounded fault on this host and tell what the watcher makes of it");
    command->add_option("name", options->name, "cpu, mem, disk, io, fd, service, net or clock");
    command->add_flag("--list", options->list, "What each does, and what it needs");
    command->add_option("--for", options->length, "How long at most; up to 5m")
        ->capture_default_str();
    command->add_option("--dir", options->directory, "For io: a directory on the disk to press")
        ->capture_default_str();
    command->add_option("--state", options->state, "State directory of the watcher that runs")
        ->capture_default_str();
    command->add_flag("--own-watcher", options->own_watcher,
                      "Ask a watcher of the drill's own, also when one runs");
    command->add_flag("--json", options->json, "One JSON object");
    command->footer(
        "Refuses while the host is unwell. Whatever ends it, also kill -9, all is taken back.\n"
        "Exit status: 0 seen as one incident with the right cause, 1 not so, 2 usage.\n"
        "Examples: homeostat drill --list\n"
        "          homeostat drill cpu");
    command->callback([&session, options] { session.exit_code = run(session, *options); });
}

}  // namespace homeostat
