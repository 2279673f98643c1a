#include "agent/incidents/incident_engine.hpp"

#include <algorithm>

#include "agent/incidents/narrative.hpp"

namespace homeostat {
namespace {

// A write rate needs two looks at a process; a third one catches a culprit that was not there yet.
constexpr std::uint8_t kEvidenceLooksMax = 3;
constexpr Duration kEvidenceInterval = seconds(3);

// A finding that has not held for this long no longer counts for severity or lead.
constexpr Duration kStaleAfter = seconds(5);

// Two remedies in vain and the third would be in vain too (reliability rule B22).
constexpr int kFailuresMax = 2;

// Leading is what opens incidents of its own before what is merely notable, then what holds now,
// then what is worst; of two equals the one that has happened before the one that is forecast.
bool leads(const Finding& a, const Finding& b, Instant now) {
    if (a.incident.empty() != b.incident.empty()) return b.incident.empty();
    const bool a_holds = now - a.last_held < kStaleAfter;
    const bool b_holds = now - b.last_held < kStaleAfter;
    if (a_holds != b_holds) return a_holds;
    if (a.severity != b.severity) return a.severity > b.severity;
    return a.kind == FindingKind::Condition && b.kind != FindingKind::Condition;
}

// Puts the finding in its place. Returns true when it is new to the incident.
bool merge(Incident& incident, const Finding& finding, Instant now) {
    for (Finding& known : incident.findings) {
        if (!(known.condition == finding.condition)) continue;
        const Instant since = known.since;
        known = finding;
        known.since = std::min(since, finding.since);
        known.last_held = now;
        return false;
    }
    if (!incident.findings.push(finding)) return false;
    incident.findings.back().last_held = now;
    return true;
}

bool failed(const ActionRecord& action) {
    return action.state == "failed" || action.state == "ineffective";
}

ActionRecord* newest_action(Incident& incident) {
    return incident.actions.empty() ? nullptr : &incident.actions.back();
}

// Drops the oldest record when there is no room: the newest tells where things stand.
ActionRecord& add_action(Incident& incident) {
    if (incident.actions.full()) {
        std::move(incident.actions.begin() + 1, incident.actions.end(), incident.actions.begin());
        incident.actions.shrink(incident.actions.size() - 1);
    }
    static_cast<void>(incident.actions.push(ActionRecord{}));
    return incident.actions.back();
}

bool holds(const Verification& verification, double value) {
    return verification.sense == Verification::Sense::Below ? value < verification.threshold
                                                            : value > verification.threshold;
}

double leading_value(const Incident& incident) {
    return incident.findings.empty() ? 0 : incident.findings[0].value;
}

}  // namespace

IncidentEngine::IncidentEngine(const IncidentSettings& settings)
    : settings_(settings), random_(settings.seed) {
    incidents_.reserve(settings.incidents_max);
    pending_.reserve(settings.incidents_max);
    changed_.reserve(settings.incidents_max);
}

std::span<const Incident> IncidentEngine::run(std::span<const Finding> findings, Instant now,
                                              EvidenceSource& evidence) {
    changed_.clear();
    remove_over();
    for (const Finding& finding : findings) {
        if (!finding.incident.empty()) take(finding, now);
    }
    for (const Finding& finding : findings) {
        if (finding.incident.empty()) join(finding, now);
    }
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        look_for_evidence(i, now, evidence);
        verify(i, now, evidence);
        update_severity(i, now);
        tell(i, now);
    }
    view_ = incidents_;
    return changed_;
}

void IncidentEngine::take(const Finding& finding, Instant now) {
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        Incident& incident = incidents_[i];
        if (incident.kind != finding.incident.view() || !(incident.subject == finding.subject)) {
            continue;
        }
        if (merge(incident, finding, now)) pending_[i].dirty = true;
        incident.last_seen = now;
        return;
    }
    open_incident(finding, now);
}

void IncidentEngine::open_incident(const Finding& finding, Instant now) {
    if (incidents_.size() == settings_.incidents_max) {
        ++refused_;
        return;
    }
    Incident incident;
    incident.id = make_incident_id(now.unix_ns, {random_(), random_()});
    incident.kind = finding.incident;
    incident.subject = finding.subject;
    incident.onset = finding.since;
    incident.opened = now;
    incident.last_seen = now;
    merge(incident, finding, now);
    incidents_.push_back(incident);
    Pending pending;
    pending.dirty = true;
    pending.urgent = true;
    pending_.push_back(pending);
    ++opened_;
}

// What is merely notable belongs to the story of its subject, if there is one.
void IncidentEngine::join(const Finding& finding, Instant now) {
    for (Incident& incident : incidents_) {
        if (incident.subject == finding.subject) merge(incident, finding, now);
    }
}

void IncidentEngine::look_for_evidence(std::size_t i, Instant now, EvidenceSource& evidence) {
    Pending& pending = pending_[i];
    Incident& incident = incidents_[i];
    const bool due = pending.evidence_looks == 0 || now - pending.evidence_at >= kEvidenceInterval;
    if (pending.evidence_looks >= kEvidenceLooksMax || !due) return;
    ++pending.evidence_looks;
    pending.evidence_at = now;
    if (incident.snippet.values.empty() && !incident.findings.empty()) {
        incident.snippet = evidence.snippet_of(incident.findings[0].metric, incident.subject);
    }
    const auto processes = evidence.processes_for(incident.subject, incident.kind);
    if (processes.empty()) return;
    const bool knew_cause = !incident.causes.empty();
    incident.processes = processes;
    const auto causes = rank_causes(incident, settings_.cause_confidence_min);
    if (!causes.empty()) incident.causes = causes;
    if (!knew_cause && !incident.causes.empty()) {
        pending.dirty = true;
        pending.urgent = true;  // who did it is what a person wants next
    }
}

// After an action: did the value it was meant to move get there in time?
void IncidentEngine::verify(std::size_t i, Instant now, EvidenceSource& evidence) {
    Pending& pending = pending_[i];
    Incident& incident = incidents_[i];
    if (!pending.verifying) return;
    const auto value = evidence.value_of(pending.verified_metric, incident.subject);
    const bool reached = value && holds(pending.verification, *value);
    if (!reached && now - pending.acted < pending.verification.within) return;
    if (ActionRecord* action = newest_action(incident)) action->after = value.value_or(0);
    pending.verifying = false;
    conclude(i, reached ? "effective" : "ineffective");
}

// An action has come to its end. After too many in vain the incident is a person's.
void IncidentEngine::conclude(std::size_t i, std::string_view outcome) {
    Incident& incident = incidents_[i];
    if (ActionRecord* action = newest_action(incident)) action->state = outcome;
    const auto failures = std::count_if(incident.actions.begin(), incident.actions.end(), failed);
    incident.state = failures >= kFailuresMax ? IncidentState::GivenUp : IncidentState::Open;
    pending_[i].dirty = true;
    pending_[i].urgent = true;
}

void IncidentEngine::update_severity(std::size_t i, Instant now) {
    Incident& incident = incidents_[i];
    Pending& pending = pending_[i];
    sort_in_place(incident.findings,
                  [now](const Finding& a, const Finding& b) { return leads(a, b, now); });
    if (incident.findings.empty()) return;
    const Finding& lead = incident.findings[0];
    if (now - lead.last_held >= kStaleAfter || lead.severity == incident.severity) return;
    pending.urgent = pending.urgent || lead.severity > incident.severity;
    pending.dirty = true;
    incident.severity = lead.severity;
    incident.peak_severity = std::max(incident.peak_severity, lead.severity);
}

void IncidentEngine::tell(std::size_t i, Instant now) {
    Pending& pending = pending_[i];
    Incident& incident = incidents_[i];
    const bool over = now - incident.last_seen >= settings_.calm_for && !pending.verifying;
    const bool due =
        pending.dirty && (pending.urgent || now - pending.told >= settings_.update_interval);
    if (!over && !due) return;
    const bool first = pending.told.monotonic_ns == 0;
    if (!first) ++incident.seq;
    if (over) {
        incident.state = IncidentState::Resolved;
        incident.ended = incident.last_seen;
    }
    incident.updated = now;
    incident.summary = summarize(incident);
    pending.dirty = false;
    pending.urgent = false;
    pending.told = now;
    changed_.push_back(incident);
}

void IncidentEngine::remove_over() {
    for (std::size_t i = incidents_.size(); i > 0; --i) {
        if (!incidents_[i - 1].is_over()) continue;
        incidents_.erase(incidents_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
}

std::size_t IncidentEngine::index_of(const IncidentId& id) const {
    const auto found = std::find_if(incidents_.begin(), incidents_.end(),
                                    [&id](const Incident& incident) { return incident.id == id; });
    return static_cast<std::size_t>(found - incidents_.begin());
}

void IncidentEngine::note_decision(const IncidentId& id, const Decision& decision, bool acting,
                                   const Verification& verification, Instant now) {
    const std::size_t i = index_of(id);
    if (i == incidents_.size()) return;
    Incident& incident = incidents_[i];
    ActionRecord& action = add_action(incident);
    action.rule = decision.rule_name;
    action.playbook = decision.playbook;
    action.mode = name_of(decision.mode);
    action.state = acting ? "running" : decision.allowed ? "planned" : "refused";
    action.detail = decision.why;
    action.at = now;
    action.before = leading_value(incident);
    Pending& pending = pending_[i];
    pending.dirty = true;
    pending.urgent = true;
    if (!acting) return;
    incident.state = IncidentState::Acting;
    pending.verification = verification;
    if (!incident.findings.empty()) pending.verified_metric = incident.findings[0].metric;
}

void IncidentEngine::note_report(const ActionReport& report, Instant now) {
    const std::size_t i = index_of(report.incident);
    if (i == incidents_.size()) return;  // it is over meanwhile: the store and the audit have it
    Incident& incident = incidents_[i];
    Pending& pending = pending_[i];
    ActionRecord* action = newest_action(incident);
    if (action == nullptr) return;
    action->detail = report.detail;
    pending.dirty = true;
    pending.urgent = true;
    if (action->mode != "auto" && action->mode != "recommend") {  // a dry run changes nothing
        action->state = report.ran ? "planned" : "refused";
        return;
    }
    if (!report.ran || report.failed) {
        conclude(i, report.ran ? "failed" : "refused");
        return;
    }
    action->state = "ok";
    pending.verifying = true;
    pending.acted = now;
}

bool IncidentEngine::restore(const Incident& incident, Instant now) {
    if (incident.is_over() || incidents_.size() == settings_.incidents_max) return false;
    Incident restored = incident;
    // The monotonic clock of another boot means nothing here: place the past by the wall clock.
    const auto rebase = [now](Instant& at) {
        const std::int64_t age = std::max<std::int64_t>(0, now.unix_ns - at.unix_ns);
        at.monotonic_ns = now.monotonic_ns - age;
    };
    rebase(restored.onset);
    rebase(restored.opened);
    for (Finding& finding : restored.findings) rebase(finding.since);
    restored.last_seen = now;  // it gets a full calm_for to show itself again
    if (restored.state == IncidentState::Acting) restored.state = IncidentState::Open;
    incidents_.push_back(restored);
    Pending pending;
    pending.told = now;
    pending.evidence_looks = kEvidenceLooksMax;
    pending_.push_back(pending);
    view_ = incidents_;
    return true;
}

}  // namespace homeostat
