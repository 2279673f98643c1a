#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "agent/boot_record.hpp"
#include "agent/cli/command.hpp"
#include "agent/cli/fleet_session.hpp"
#include "agent/config/load_config.hpp"
#include "agent/confinement.hpp"
#include "agent/crash_guard.hpp"
#include "agent/daemon.hpp"
#include "agent/heap.hpp"
#include "agent/host_sources.hpp"
#include "agent/identity.hpp"
#include "agent/revision.hpp"
#include "agent/state_lock.hpp"
#include "agent/uplink/curl_fetcher.hpp"
#include "agent/uplink/curl_pool.hpp"
#include "agent/uplink/spool_files.hpp"
#include "agent/version.hpp"
#include "collectors/mount_prober.hpp"
#include "core/file.hpp"
#include "core/function_ref.hpp"

namespace homeostat {
namespace {

struct Options {
    std::string config = kConfigDirectory;
    std::string root = "/";
    std::string state = kStateDirectory;
    std::string limit;
    bool config_named = false;  // on the command line
};

// Errors end a start; each is printed once, here.
int fail(Session& session, const Error& error) {
    session.complain(error.text);
    return 1;
}

std::array<std::uint64_t, 2> random_numbers() {
    std::array<std::uint64_t, 2> numbers{};
    if (::getrandom(numbers.data(), sizeof numbers, 0) != sizeof numbers) std::abort();
    return numbers;
}

// Empty when it is not set.
std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool under_journald() {
    return std::getenv("JOURNAL_STREAM") != nullptr;
}

void log_start(const Log& log, const Config& config, const ActionConfig& actions,
               const Agent& agent, const Options& options) {
    const MemoryUse memory = agent.memory();
    log.write(LogLevel::Info, "homeostat {} watches {} (state {}, config {})", kVersion,
              options.root, options.state, options.config);
    log.write(LogLevel::Info,
              "{} series at most: {} reserved (series {}, detectors {}, recorder {}, processes {}, "
              "buffers {})",
              config.series_max, human_bytes(static_cast<double>(memory.total())),
              human_bytes(static_cast<double>(memory.series)),
              human_bytes(static_cast<double>(memory.detectors)),
              human_bytes(static_cast<double>(memory.recorder)),
              human_bytes(static_cast<double>(memory.processes)),
              human_bytes(static_cast<double>(memory.buffers)));
    log.write(LogLevel::Info, "{} rules, {} targets allowed, {} exporters", actions.rules.size(),
              actions.allow_list.targets.size(), config.exporters.size());
}

// Open incidents go back to the watch, recent ones to the servers that must hear their end.
void restore(IncidentStore& store, Agent& agent, Courier& courier, const Log& log, Instant now) {
    if (const auto readable = store.check(); !readable) {
        log.write(LogLevel::Warning, "{}", readable.error().text);
    }
    courier.finish(now);
    std::size_t damaged = 0;
    const auto incidents = store.load(damaged);
    if (damaged > 0) {
        log.write(LogLevel::Warning, "{} damaged incident files were left out", damaged);
    }
    for (const Incident& incident : incidents) courier.restore(incident, now);
    agent.restore(incidents);
}

// What was learned goes back to the watch. Without it, all is learned anew: said once, here.
void restore_models(const std::string& state, Agent& agent, const Log& log) {
    const std::string path = state + "/" + kModelsFile;
    auto content = read_file(path, kModelsBytesMax);
    if (!content && content.error().code == Errc::NotFound) return;
    auto load = content ? decode_models(std::move(*content)) : Result<ModelLoad>(content.error());
    if (!load) {
        log.write(LogLevel::Warning, "{}: {}: all series are learned anew", path,
                  load.error().text);
        return;
    }
    if (load->damaged > 0) {
        log.write(LogLevel::Warning, "{}: {} damaged models: these series are learned anew", path,
                  load->damaged);
    }
    log.write(LogLevel::Info, "{} models of a former run, saved {}", load->bank->size(),
              rfc3339(load->saved_unix_ns));
    agent.restore_models(std::move(*load));
}

// What lasts over reloads.
struct Process {
    const Options& options;
    const Root& root;
    const Log& log;
    ServiceManager& service_manager;
    CrashGuard& crash_guard;
    std::string confinement;
    std::int64_t started_unix_ns;
    FleetSession* fleet;  // null: this host follows none
};

AgentFacts facts_of(const Config& config, const ActionConfig& actions, const Process& process,
                    Instant now) {
    AgentFacts facts;
    facts.version = kVersion;
    facts.compiler = kCompiler;
    facts.revision = kRevision;
    facts.host_name = config.ship.identity.host_name;
    facts.pid = static_cast<std::int32_t>(::getpid());
    facts.started_unix_ns = process.started_unix_ns;
    facts.configured_unix_ns = now.unix_ns;
    facts.config_hash = config.origin.hash;
    facts.config_layer = config.origin.layer;
    facts.confinement = process.confinement;
    facts.crashes = process.crash_guard.crashes();
    facts.safe_mode = process.crash_guard.safe_mode();
    facts.rules = actions.rules.size();
    facts.targets_allowed = actions.allow_list.targets.size();
    return facts;
}

// The spool keeps a file open for each of its segments, the collectors one for each source.
void raise_descriptor_limit(const Log& log) {
    static constexpr rlim_t kDescriptorsWanted = 1024;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur < kDescriptorsWanted) {
        limit.rlim_cur = std::min(limit.rlim_max, kDescriptorsWanted);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= kDescriptorsWanted) return;
    log.write(LogLevel::Warning,
              "only {} open files are allowed (RLIMIT_NOFILE): some sources and the spool may fail",
              limit.rlim_cur);
}

// On a disk that takes no writes the name is good for this run only.
std::string instance_id_of(const Options& options, const std::string& host_id, Instant now,
                           const Log& log) {
    const auto kept = load_instance_id(options.state, host_id, now.unix_ns, random_numbers());
    if (kept) return *kept;
    log.write(LogLevel::Warning, "instance id not kept: {}", kept.error().text);
    return std::string(make_incident_id(now.unix_ns, random_numbers()).text());
}

// A wrong path, a directory of somebody else and another agent are a person's to mend. A disk that
// is full, read-only or broken is what this program is for: it starts all the same, keeps in memory
// what it cannot write, and says so.
Status prepare_state(const std::string& directory, StateLock& lock, const Log& log) {
    const auto is_final = [](Errc code) {
        return code == Errc::NotFound || code == Errc::Denied || code == Errc::Failed;
    };
    const auto made = make_directory(directory);
    if (!made && is_final(made.error().code)) return made;
    const auto locked = made ? lock.acquire(directory) : made;
    if (locked) return Ok{};
    if (is_final(locked.error().code)) return locked;
    log.write(LogLevel::Warning, "the state directory takes no writes, going on without: {}",
              locked.error().text);
    return Ok{};
}

// Where the daemon may write: Confinement closes everything else.
std::vector<std::string> writable_directories(const Options& options, const Config& config) {
    std::vector<std::string> directories{options.state, kLogDirectory};
    const std::string& socket = config.metrics.listen.socket;
    if (!socket.empty()) directories.push_back(socket.substr(0, socket.find_last_of('/') + 1));
    for (const JsonLinesSettings& settings : config.ship.json_lines) {
        const auto slash = settings.path.find_last_of('/');
        if (slash == std::string::npos) continue;  // standard output
        directories.push_back(settings.path.substr(0, std::max<std::size_t>(slash, 1)));
    }
    return directories;
}

// Builds the program out of its parts, in the order in which they need each other, and runs it
// until it is to end, or to begin anew with `next`.
Result<DaemonEnd> run_once(Session& session, Process& process, Config config,
                           const ActionConfig& actions, Duration limit,
                           std::optional<Configuration>& next) {
    const Options& options = process.options;
    const Log& log = process.log;
    const Clock& clock = session.host.clock;
    const Instant now = clock.now();
    const auto random = random_numbers();

    AgentIdentity& identity = config.ship.identity;
    read_identity(process.root, kVersion, identity);
    const auto resource = add_resource(environment("OTEL_RESOURCE_ATTRIBUTES"), identity);
    if (!resource) log.write(LogLevel::Warning, "{}", resource.error().text);
    for (const std::string& warning : config.warnings) {
        log.write(LogLevel::Warning, "{}", warning);
    }
    identity.config_hash = config.origin.hash;
    identity.instance_id = instance_id_of(options, identity.host_id, now, log);
    if (const auto named = use_cloud_id(process.root, identity); !named) {
        log.write(LogLevel::Warning, "{}", named.error().text);
    }
    if (process.crash_guard.safe_mode()) {
        identity.resource.push_back({"homeostat.safe_mode", "true"});  // the servers are told, too
    }
    config.incidents.seed = random[0];

    const std::string user_agent = std::string("homeostat/") + kVersion;
    CurlFetcher uplink(user_agent);
    CurlFetcher fleet_fetcher(user_agent);
    CurlPool exporters(user_agent);
    DirectorySpoolFiles files(options.state + "/spool");
    Spool spool(config.spool, files, random[1]);
    Shipper shipper(config.ship, spool, uplink, random[1], now);
    IncidentStore store(options.state);

    std::vector<std::unique_ptr<ExporterTarget>> targets;
    // What other programs expose must leave room for what this host says of itself.
    const std::size_t share =
        config.series_max / 2 / std::max<std::size_t>(config.exporters.size(), 1);
    for (ExporterSettings exporter : config.exporters) {
        exporter.series_max = std::min(exporter.series_max, std::max<std::size_t>(share, 1));
        targets.push_back(std::make_unique<ExporterTarget>(exporter));
    }
    auto host_files = DirectoryFiles::open_root(options.root.c_str());
    if (!host_files) return host_files.error();
    HostSources sources(options.root, std::move(*host_files));
    // A directory that stands for another host must not be given this one's clock, mounts, systemd.
    const bool this_host = options.root == "/";
    Work work;
    Agent agent(config, actions, {process.root, clock, session.host.spawner, session.host.fetcher},
                work, targets, sources.bench(config, this_host));
    Courier courier(work, store, shipper);
    restore(store, agent, courier, log, now);
    restore_models(options.state, agent, log);
    for (const Event& event : note_start(process.root, options.state, now)) agent.note(event);
    SocketActuator runner(config.actions.socket, config.actions.timeout, actions.hash,
                          random[0] ^ random[1]);
    Actor actor(work, runner);
    WarmStart warm_start(config.warm_start);
    const bool warm = !config.warm_start.url.empty();
    if (warm) agent.learn_from(warm_start);
    std::optional<Scraper> scraper;
    if (warm || !targets.empty()) {
        scraper.emplace(targets, exporters, clock, warm ? &warm_start : nullptr);
    }
    std::optional<UnitSurvey> units;
    if (this_host) {
        units.emplace(process.root, session.host.spawner, clock, sources.failed_units());
    }
    const AgentFacts facts = facts_of(config, actions, process, now);
    std::optional<MetricsPages> pages;
    std::unique_ptr<MetricsServer> metrics;
    if (config.metrics.enabled) {
        auto listening = MetricsServer::listen(config.metrics.listen);
        if (listening) {
            metrics = std::move(*listening);
            pages.emplace(facts, clock);
        } else {  // a taken port must not keep the watch from its work
            log.write(LogLevel::Error, "{}", listening.error().text);
        }
    }

    log_start(log, config, actions, agent, options);
    const auto reread = [&] {
        next = read_in_force(
            options.config, process.fleet, clock.now(),
            [&](std::string_view fault) { log.write(LogLevel::Error, "not reloaded: {}", fault); });
        return next.has_value();
    };
    if (process.fleet != nullptr) {
        CurlChannel& channel = process.fleet->channel();
        channel.resume();
        process.fleet->steward().begin(config.tick, {fleet_fetcher, channel});
    }
    Daemon daemon({.agent = agent,
                   .courier = courier,
                   .shipper = shipper,
                   .actor = actor,
                   .scraper = scraper ? &*scraper : nullptr,
                   .units = units ? &*units : nullptr,
                   .metrics = metrics.get(),
                   .pages = pages ? &*pages : nullptr,
                   .steward = process.fleet == nullptr ? nullptr : &process.fleet->steward(),
                   .work = work,
                   .clock = clock,
                   .log = log,
                   .service_manager = process.service_manager,
                   .crash_guard = process.crash_guard,
                   .read_configuration = reread,
                   .hang_up =
                       [&] {
                           uplink.interrupt();
                           fleet_fetcher.interrupt();
                           if (process.fleet != nullptr) process.fleet->channel().interrupt();
                           exporters.interrupt();
                       },
                   .facts = facts,
                   .state_directory = options.state,
                   .tick = config.tick,
                   .writable = writable_directories(process.options, config)});
    config.detect.conditions = std::vector<Condition>();  // the agent has its own: 57 kB
    (void)trim_heap();                                    // what reading the configuration took
    const auto end = daemon.run(limit);
    // Unwritten, the next boot is told as an unclean one: better than nothing told.
    (void)note_stop(process.root, options.state);
    return end;
}

// Runs with one configuration after the other, until the end.
int run_daemon(Session& session, Process& process, Configuration current, Duration limit) {
    for (;;) {
        // Without a rule nothing is ever asked of the actuator.
        if (process.crash_guard.safe_mode()) current.actions.rules.clear();
        std::optional<Configuration> next;
        const auto end =
            run_once(session, process, std::move(current.config), current.actions, limit, next);
        if (!end) return fail(session, end.error());
        if (*end != DaemonEnd::Reload || !next) return *end == DaemonEnd::Failed ? 1 : 0;
        current = std::move(*next);
    }
}

int start_with(Session& session, const Options& options, CrashGuard& crash_guard, Duration limit) {
    const auto root = DirectoryRoot::open(options.root.c_str());
    if (!root) return fail(session, root.error());
    const Log log(STDERR_FILENO, under_journald());
    const auto tell = [&](std::string_view fault) { session.complain_at(fault); };
    FleetPlace place{options.config, options.state, read_boot_id(session.host.root),
                     *root,          session.host,  log};
    auto fleet = FleetSession::open(place, tell);
    auto configuration =
        fleet ? read_in_force(options.config, fleet->get(), session.host.clock.now(), tell)
              : std::nullopt;
    if (!configuration) {
        session.errors << "homeostat: not started: mend the above, then try `homeostat check`\n";
        return 1;
    }
    auto service_manager = ServiceManager::from_environment();
    const Confinement confinement =
        confine(writable_directories(options, configuration->config), ConfineFiles::LaterByThread);
    log.write(LogLevel::Info, "confined by {}", confinement.text());
    if (crash_guard.safe_mode()) {
        log.write(LogLevel::Error,
                  "SAFE MODE: {} starts in a row did not end well: observing only, until a start "
                  "lasts {} minutes",
                  crash_guard.crashes(), kSettledAfter.ns / minutes(1).ns);
    }
    Process process{options,
                    *root,
                    log,
                    service_manager,
                    crash_guard,
                    confinement.text(),
                    session.host.clock.now().unix_ns,
                    fleet->get()};
    const int code = run_daemon(session, process, std::move(*configuration), limit);
    if (*fleet != nullptr) (*fleet)->end();
    return code;
}

int start(Session& session, const Options& options) {
    Duration limit;
    if (!options.limit.empty()) {
        const auto parsed = parse_duration(options.limit);
        if (!parsed) return fail(session, parsed.error());
        limit = *parsed;
    }
    const auto usable = check_config_directory(options.config, options.config_named);
    if (!usable) return fail(session, usable.error());
    const Log log(STDERR_FILENO, under_journald());
    tame_heap();
    raise_descriptor_limit(log);
    StateLock lock;
    const auto prepared = prepare_state(options.state, lock, log);
    if (!prepared) return fail(session, prepared.error());
    CrashGuard crash_guard = CrashGuard::begin(options.state, read_boot_id(session.host.root));
    const int code = start_with(session, options, crash_guard, limit);
    crash_guard.end();
    return code;
}

}  // namespace

void add_run_command(CLI::App& app, Session& session) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("run", "Watch this host, in the foreground");
    const CLI::Option* directory =
        command->add_option("--config", options->config, "Configuration directory")
            ->capture_default_str();
    command->add_option("--root", options->root, "Directory that stands for /")
        ->capture_default_str();
    command->add_option("--state", options->state, "State directory, made if it is missing")
        ->capture_default_str();
    command->add_option("--for", options->limit, "Stop by itself after this long: 90s, 10m, 1h");
    command->footer("Example: homeostat run --config ./etc --state ./state --for 10m");
    command->callback([&session, options, directory] {
        options->config_named = directory->count() > 0;
        session.exit_code = start(session, *options);
    });
}

}  // namespace homeostat
