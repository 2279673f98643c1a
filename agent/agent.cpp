#include "agent/agent.hpp"

#include <algorithm>

#include "collectors/registry.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

// A series that nobody reports any more gives its slot back after this long.
constexpr Duration kSeriesIdleMax = minutes(15);
// Sooner where its kind has no room left: longer than the slowest pass over units takes to come.
constexpr Duration kSeriesIdleCrowded = minutes(3);
constexpr std::uint64_t kEvictEveryTicks = 60;
// An incident that lasts for longer teaches its series that this is how it is now.
constexpr Duration kNormalAfter = hours(24);
// What containers bring and take away by the thousand leaves a fifth of all slots to the host.
constexpr double kShareOfUnits = 0.6;
constexpr double kShareOfInterfaces = 0.2;
constexpr Duration kSnippetStep = seconds(2);  // 32 points: the minute before

bool is_off(const Config& config, std::string_view name) {
    return std::find(config.collectors_off.begin(), config.collectors_off.end(), name) !=
           config.collectors_off.end();
}

// Which host of a fleet this is. The actuator reads the same file.
std::string machine_id(const Root& root) {
    std::array<char, 64> buffer;
    const auto text = root.read("etc/machine-id", buffer);
    return text ? std::string(trim(*text)) : std::string();
}

DetectorSettings detector_settings(const Config& config) {
    DetectorSettings settings = config.detect;
    settings.series_max = config.series_max;
    settings.tick = config.tick;
    return settings;
}

// Two names that differ only behind the end of `out` must not become one.
template <std::size_t Capacity>
void assign_unique(FixedString<Capacity>& out, std::string_view name, std::size_t number) {
    constexpr std::size_t kMark = 4;  // "~12"
    out.assign(name);
    if (!out.truncated()) return;
    out.assign(name.substr(0, Capacity - kMark));
    format_into(out, "~{}", number);
}

void share_out(SeriesTable& series) {
    const auto part = [&](double share) {
        return static_cast<std::size_t>(share * static_cast<double>(series.slots_max()));
    };
    series.set_share(SubjectKind::Unit, part(kShareOfUnits));
    series.set_share(SubjectKind::Interface, part(kShareOfInterfaces));
}

WorkbenchSettings with_lines(WorkbenchSettings settings, LineSink& lines) {
    settings.lines = &lines;
    return settings;
}

}  // namespace

Agent::Agent(const Config& config, const ActionConfig& actions, Host host, Work& work,
             std::span<const std::unique_ptr<ExporterTarget>> targets,
             const WorkbenchSettings& bench)
    : config_(config),
      host_(host),
      work_(work),
      targets_(targets),
      bench_(with_lines(bench, log_watch_)),
      series_(config.series_max),
      samples_(series_, config.series_max),
      recorder_(config.series_max, kSnippetStep),
      evidence_(bench_, host_.root, series_, recorder_, config_.detect.conditions),
      detectors_(detector_settings(config)),
      incidents_(config.incidents),
      decider_(actions, DeciderOptions{.grace = config.actions.grace_after_start,
                                       .host_id = machine_id(host.root)}),
      processes_bytes_(bench_.memory_bytes()),
      unshipped_(2 * config.incidents.incidents_max) {
    for (const CollectorRow& row : collector_rows()) {
        if (!is_off(config, row.name)) {
            collectors_.add(row.name, std::max(row.interval, config.tick), row.make(bench_));
        }
    }
    for (const Rule& rule : actions.rules) actions_.know(rule.name);
    collectors_.set_budget(config.cpu_budget);
    share_out(series_);
    SeriesOwner owner = 0;
    for (const auto& target : targets) {
        series_.set_share(++owner, target->settings().series_max);
        collectors_.add(target->settings().name, config.tick,
                        std::make_unique<ExporterCollector>(*target, owner),
                        CollectorSet::kDeadline, CollectorSet::Kind::Exporter);
    }
}

void Agent::restore(std::span<const Incident> incidents) {
    const Instant now = host_.clock.now();
    for (const Incident& incident : incidents) incidents_.restore(incident, now);
}

void Agent::restore_models(ModelLoad load) {
    const Instant now = host_.clock.now();
    // A wall clock that was set back in between must not take the forecasts' time back.
    const Duration away{std::max<std::int64_t>(now.unix_ns - load.saved_unix_ns, 0)};
    detectors_.set_forecast_clock(load.forecast_clock + away.seconds(), now);
    bank_ = std::move(load.bank);
    bank_until_ = now + kSeriesIdleMax;
    detectors_.set_bank(bank_.get());
}

void Agent::tick() {
    const Instant now = host_.clock.now();  // one reading per tick: all stages agree on it
    collect(now);
    if (warm_start_ != nullptr) learn_past();
    for (const Event& event : bench_.events().all()) {
        detectors_.note(event);
        incidents_.note(event);
    }
    detectors_.set_utc_offset(host_.clock.utc_offset_seconds(now));
    hold_learning(now);
    const auto findings = detectors_.run(samples_);
    findings_ = findings.size();
    anomalies_.note(findings);
    while (const auto report = work_.reports.try_pop()) {
        incidents_.note_report(*report, now);
        actions_.note(*report);
        if (report->undone) continue;  // it ends nothing that anybody waits for
        decider_.note(*report);
    }
    events_ += bench_.events().all().size();
    evidence_.begin(now);
    const auto changed = incidents_.run(findings, now, evidence_);
    decider_.tick(now);
    hand_over(changed);
    for (const Incident& incident : changed) tell_harm(incident);
    for (const Incident& incident : incidents_.open()) decide(incident, now);
    if (bank_ != nullptr && now >= bank_until_) {
        detectors_.set_bank(nullptr);
        bank_.reset();
    }
    last_tick_ = now;
    ++ticks_;
}

void Agent::collect(Instant now) {
    samples_.begin(now);
    bench_.events().begin();
    for (const Event& event : early_) bench_.events().add(event);
    early_.clear();
    collectors_.run(host_.root, host_.clock, samples_, &bench_.events());
    log_watch_.report(now, bench_.events());
    if (const auto step = clock_watch_.observe(host_.root, now)) bench_.events().add(*step);
    recorder_.record(samples_);
    if (ticks_ % kEvictEveryTicks == 0) {
        series_.evict_older_than(kSeriesIdleMax, now, kSeriesIdleCrowded);
    }
}

// One a tick: two weeks of a series are some milliseconds of arithmetic.
void Agent::learn_past() {
    History history;
    if (!warm_start_->take(history)) return;
    const auto series = series_.find(history.metric, Subject{});
    if (series) detectors_.teach(*series, history.values);
}

// What is known to be wrong, or being worked on, is not what is normal. Maintenance first: it also
// says that what is odd there is no news.
void Agent::hold_learning(Instant now) {
    LearningHolds holds;
    for (const Silence& silence : incidents_.preferences().silences) {
        const std::int64_t left_ns = silence.until_unix_ns - now.unix_ns;
        if (left_ns <= 0 || !silence.kind.empty()) continue;
        holds.add({.scope = silence.subject.empty() ? LearningHold::Scope::All
                                                    : LearningHold::Scope::Name,
                   .subject = {SubjectKind::Host, silence.subject.view()},
                   .planned = true,
                   .until = now + Duration{left_ns}});
    }
    for (const Incident& incident : incidents_.open()) {
        if (incident.severity < Severity::Warning) continue;
        holds.add({.scope = LearningHold::Scope::Subject,
                   .subject = incident.subject,
                   .planned = false,
                   .until = incident.onset + kNormalAfter});
    }
    detectors_.set_holds(holds);
}

// What we saw of the effect is more than the actuator sees; its breaker has to know (reliability
// rule B22). A full queue means that other actions are under way: then it stays with the incident.
void Agent::tell_harm(const Incident& incident) {
    if (incident.actions.empty()) return;
    const ActionRecord& action = incident.actions.back();
    if (action.state != name_of(Effect::Worse) || action.at <= harm_told_) return;
    const auto decision = decider_.decision_behind(action, incident);
    if (!decision || !work_.to_act.push({incident.id, *decision, true})) return;
    harm_told_ = action.at;
}

void Agent::decide(const Incident& incident, Instant now) {
    decider_.see(incident, now);
    const bool busy = incident.state == IncidentState::Acting;
    if (busy || incident.is_over() || incident.state == IncidentState::GivenUp) return;
    // Somebody is at work here: also on what was open before.
    if (incidents_.preferences().silences_actions(incident, now)) return;
    const auto decision = decider_.decide(incident, now);
    if (!decision) return;
    if (!decision->allowed) ++actions_.blocked[static_cast<std::size_t>(decision->guard)];
    // Observe asks for a dry run, auto for the real thing. Recommend asks as well: what a person
    // has approved in advance runs, for anything else the actuator says what it would do and waits
    // for `homeostat approve`.
    const bool sent = decision->allowed && work_.to_act.push({incident.id, *decision, false});
    if (decision->allowed && !sent) {  // still open: decided again soon
        ++actions_refused_;
        ActionReport unsent;
        unsent.incident = incident.id;
        unsent.rule = decision->rule_name;
        unsent.reached = false;
        decider_.note(unsent);
    }
    Verification verification;
    const Rule* rule = decider_.rule_of(*decision);
    if (rule != nullptr && rule->verify) {
        verification.sense =
            rule->verify->below ? Verification::Sense::Below : Verification::Sense::Above;
        verification.threshold = rule->verify->limit;
        verification.within = rule->verify->within;
    }
    const bool acting = sent && decision->mode == ActionMode::Auto;
    incidents_.note_decision(incident.id, *decision, acting, verification, now);
}

// Once a tick: of incidents that open together the first ones have the same. Some milliseconds.
void Agent::tell_processes(std::span<const Incident> changed) {
    bool told = false;
    for (const Incident& incident : changed) {
        if (incident.seq != 0 || incident.is_over()) continue;
        ProcessSnapshot& snapshot = snapshot_.touch(0);
        if (!told) {
            snapshot.text.clear();
            bench_.processes().describe(host_.root, bench_.buffer(), snapshot.text);
            told = true;
        }
        snapshot.incident = incident.id;
        (void)work_.snapshots.push(snapshot);
    }
}

// Incidents leave in order. What the full queue refuses waits here, so nothing is lost as long as
// it fits.
void Agent::hand_over(std::span<const Incident> changed) {
    for (const Incident& incident : changed) {
        if (!unshipped_.add(incident)) ++incidents_delayed_;
    }
    incidents_delayed_ += unshipped_.hand_to(work_.to_ship);
    tell_processes(changed);
}

void Agent::describe(AgentStatus& status) const {
    const LearningProgress learning = detectors_.learning();
    status.at = last_tick_;
    status.ticks = ticks_;
    status.series = series_.size();
    status.series_max = series_.slots_max();
    status.series_refused = series_.refused();
    status.samples_last = samples_.all().size();
    status.samples_dropped = samples_.dropped();
    status.findings = findings_;
    status.anomalies = anomalies_.counts();
    status.findings_dropped = detectors_.findings_dropped();
    status.series_learned = learning.series_ready;
    status.learned_ratio = learning.ready_ratio;
    status.series_held = learning.series_held;
    status.events = events_;
    status.events_newest.clear();
    for (std::size_t i = 0; i < incidents_.events().size(); ++i) {
        if (!status.events_newest.push(incidents_.events().newest(i).event)) break;
    }
    status.events_dropped = bench_.events().dropped();
    status.incidents_open = incidents_.open().size();
    status.incidents_opened = incidents_.opened();
    status.incidents_refused = incidents_.refused();
    status.incidents_delayed = incidents_delayed_;
    status.actions_refused = actions_refused_;
    status.actions = actions_;
    status.paused_until_unix_ns =
        paused_until_unix_ns_ > last_tick_.unix_ns ? paused_until_unix_ns_ : 0;
    status.memory = memory();
    status.collectors.clear();
    for (const CollectorStatus& collector : collectors_.statuses()) {
        CollectorLine line;
        assign_unique(line.name, collector.name, status.collectors.size());
        line.state = collector.state;
        line.reason.assign(collector.reason);
        line.slowed = collector.slowed;
        line.misses = collector.overruns_in_row;
        line.errors = collector.errors;
        line.samples_last = collector.samples_last;
        line.samples = collector.samples;
        line.runs = collector.runs;
        line.took = collector.took;
        if (!status.collectors.push(line)) break;
    }
    status.scrapes.clear();
    for (const auto& target : targets_) {
        const ExporterHealth health = target->health();
        if (!health.tried) continue;
        ScrapeLine line;
        assign_unique(line.target, target->settings().name, status.scrapes.size());
        line.up = health.up;
        line.took = health.took;
        line.samples = health.up ? health.samples : 0;
        if (!status.scrapes.push(line)) break;
    }
}

MemoryUse Agent::memory() const {
    MemoryUse use;
    use.series = series_.slots_max() * (sizeof(SeriesInfo) + sizeof(Sample) + 3 * sizeof(int));
    use.detectors = detectors_.memory_bytes();
    use.recorder = recorder_.memory_bytes();
    use.processes = processes_bytes_;
    use.buffers =
        (unshipped_.capacity() + 3 * config_.incidents.incidents_max + 64) * sizeof(Incident) +
        EventHistory::memory_bytes() + log_watch_.memory_bytes() +
        (snapshot_.max() + Work::kSnapshotsMax) * sizeof(ProcessSnapshot);
    return use;
}

}  // namespace homeostat
