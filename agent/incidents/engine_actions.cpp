// IncidentEngine's answers to decisions and reports: what was done about an incident, and whether
// it helped.
#include <algorithm>

#include "agent/incidents/incident_engine.hpp"
#include "agent/incidents/membership.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kWaiting = "waiting";  // state of an action that a person must approve

// Two remedies in vain and the third would be in vain too (reliability rule B22).
constexpr int kFailuresMax = 2;

bool failed(const ActionRecord& action) {
    return action.state == "failed" || action.state == name_of(Effect::DidNotHelp) ||
           action.state == name_of(Effect::Worse);
}

ActionRecord* newest_action(Incident& incident) {
    return incident.actions.empty() ? nullptr : &incident.actions.back();
}

// Recommended before and still waiting for a person: one line in the story, however often asked.
bool is_asked_again(const Incident& incident, const Decision& decision) {
    if (incident.actions.empty() || decision.mode != ActionMode::Recommend) return false;
    const ActionRecord& newest = incident.actions.back();
    return newest.state == kWaiting && newest.rule == decision.rule_name &&
           newest.target == decision.target_name;
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

double leading_value(const Incident& incident) {
    return incident.findings.empty() ? 0 : incident.findings[0].value;
}

}  // namespace

// After an action: did the value it was meant to move get there in time?
void IncidentEngine::verify(std::size_t i, Instant now, EvidenceSource& evidence) {
    Pending& pending = pending_[i];
    Incident& incident = incidents_[i];
    if (incident.state == IncidentState::Acting && !pending.forecast) {
        pending.forecast = forecast_without_action(
            evidence.snippet_of(pending.verified_metric, incident.subject), pending.before);
    }
    if (!pending.verifying) return;
    EffectView view;
    view.value = evidence.value_of(pending.verified_metric, incident.subject);
    view.calm = now - incident.last_seen >= kStaleAfter;
    view.severity_rose = incident.severity > pending.severity_before;
    view.expected = pending.forecast ? pending.forecast->after(now - pending.asked) : 0;
    view.since = now - pending.acted;
    const Effect effect = judge(pending.verification, pending.before, view);
    if (effect == Effect::Unknown) return;
    if (ActionRecord* action = newest_action(incident)) {
        action->after = view.value.value_or(0);
        action->expected = view.expected;
    }
    pending.verifying = false;
    conclude(i, name_of(effect));
}

// An action has come to its end. When the hardest was in vain too often, or one made matters worse,
// the incident is a person's.
void IncidentEngine::conclude(std::size_t i, std::string_view outcome) {
    Incident& incident = incidents_[i];
    ActionRecord* action = newest_action(incident);
    if (action != nullptr) action->state = outcome;
    const auto in_vain = [&](const ActionRecord& known) {
        return action != nullptr && known.rule == action->rule && failed(known);
    };
    const auto failures = std::count_if(incident.actions.begin(), incident.actions.end(), in_vain);
    const bool used_up = pending_[i].last_rung && failures >= kFailuresMax;
    const bool give_up = used_up || outcome == name_of(Effect::Worse);
    incident.state = give_up ? IncidentState::GivenUp : IncidentState::Open;
    pending_[i].dirty = true;
    pending_[i].urgent = true;
}

void IncidentEngine::note_decision(const IncidentId& id, const Decision& decision, bool acting,
                                   const Verification& verification, Instant now) {
    const std::size_t i = index_of(id);
    if (i == incidents_.size()) return;
    Incident& incident = incidents_[i];
    Pending& pending = pending_[i];
    pending.verification = verification;
    pending.last_rung = decision.last_rung;
    if (!incident.findings.empty()) pending.verified_metric = incident.findings[0].metric;
    if (is_asked_again(incident, decision)) return;
    ActionRecord& action = add_action(incident);
    action.rule = decision.rule_name;
    action.playbook = decision.playbook;
    action.target = decision.target_name;
    action.mode = name_of(decision.mode);
    action.state = acting ? "running" : decision.allowed ? "planned" : "refused";
    action.detail = decision.why;
    action.at = now;
    action.before = leading_value(incident);
    pending.dirty = true;
    pending.urgent = true;
    if (acting) begin_acting(i, now);
}

void IncidentEngine::begin_acting(std::size_t i, Instant now) {
    Incident& incident = incidents_[i];
    Pending& pending = pending_[i];
    incident.state = IncidentState::Acting;
    pending.before = leading_value(incident);
    pending.severity_before = incident.severity;
    pending.asked = now;
    pending.forecast.reset();
}

void IncidentEngine::note_report(const ActionReport& report, Instant now) {
    const std::size_t i = index_of(report.incident);
    if (i == incidents_.size()) return;  // it is over meanwhile: the store and the audit have it
    Incident& incident = incidents_[i];
    ActionRecord* action = newest_action(incident);
    if (action == nullptr) return;
    incident.audit_head = report.audit_head;
    if (report.undone) {  // how it ended stays as it was told
        action->detail = report.detail;
        pending_[i].dirty = true;
        return;
    }
    const bool nothing_new = report.waiting && action->state == kWaiting;
    action->detail = report.detail;
    if (nothing_new) return;
    pending_[i].dirty = true;
    pending_[i].urgent = true;
    if (report.waiting) {
        action->state = kWaiting;
    } else if (action->mode == "observe") {  // a dry run changes nothing
        action->state = report.unknown ? "unknown" : report.ran ? "planned" : "refused";
    } else {
        note_end_of_run(i, report, now);
    }
}

// What the actuator itself saw afterwards is the answer where the rule asks for nothing else.
void IncidentEngine::note_end_of_run(std::size_t i, const ActionReport& report, Instant now) {
    Incident& incident = incidents_[i];
    if (!report.ran && report.effect != Effect::Unknown) {  // a person had it run meanwhile
        return conclude(i, name_of(report.effect));
    }
    if (!report.ran) return conclude(i, report.unknown ? "unknown" : "refused");
    if (incident.state != IncidentState::Acting) begin_acting(i, now);  // a person had approved it
    const bool own_goal = pending_[i].verification.sense != Verification::Sense::Over;
    if (report.effect == Effect::Worse || (report.effect == Effect::Helped && !own_goal)) {
        return conclude(i, name_of(report.effect));
    }
    if (report.failed) return conclude(i, "failed");
    if (report.effect == Effect::DidNotHelp && !own_goal) {
        return conclude(i, name_of(report.effect));
    }
    newest_action(incident)->state = "ok";
    pending_[i].verifying = true;
    pending_[i].acted = now;
}

}  // namespace homeostat
