// What takes actions back: when a person asks, when a time box ends, when a run did harm.
#include <unistd.h>

#include <algorithm>

#include "actions/actuator.hpp"
#include "actions/fleet_actions.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

void append(ActionReport& report, std::string_view text) {
    FixedString<159> detail;
    format_into(detail, "{}{}{}", report.detail, report.detail.empty() ? "" : "; ", text);
    report.detail = detail;
}

}  // namespace

void Actuator::undo(const ActionRequest& request, const Peer& peer, ActionReport& report) {
    const Descriptor lock = take_lock();
    auto ledger = open_ledger(lock, peer);
    if (!ledger) return refuse(report, peer, ledger.error().text);
    const auto incident = request.incident.text();
    std::vector<LedgerUndo> of_incident;
    for (const LedgerUndo& undo : ledger->undos()) {
        if (undo.incident == incident.view()) of_incident.push_back(undo);
    }
    if (of_incident.empty()) {
        return refuse(report, peer, "nothing that was done for this incident can be taken back");
    }
    std::reverse(of_incident.begin(), of_incident.end());  // the newest first
    report.ran = true;
    for (const LedgerUndo& undo : of_incident) {
        take_back(undo, "a person asked for it", peer, *ledger, report);
    }
}

std::optional<Duration> Actuator::settle() {
    const Peer self{.uid = ::geteuid(), .pid = ::getpid()};
    const Descriptor lock = take_lock();
    auto ledger = open_ledger(lock, self);
    if (!ledger) return std::nullopt;  // requests are told why
    const std::vector<LedgerUndo> known = ledger->undos();
    for (const LedgerUndo& undo : known) {
        if (!undo.is_due(ledger->time_ns())) continue;
        ActionReport report;
        report.rule = std::string_view(undo.rule);
        report.incident = parse_incident_id(undo.incident).value_or(IncidentId{});
        take_back(undo, "its time is over", self, *ledger, report);
    }
    std::optional<Duration> next;
    for (const LedgerUndo& undo : ledger->undos()) {
        if (!undo.is_time_box()) continue;
        const Duration left{std::max<std::int64_t>(undo.until_ns - ledger->time_ns(), 0)};
        next = std::min(next.value_or(left), left);
    }
    return next;
}

Result<LedgerUndo> Actuator::how_to_undo(const Plan& plan, const ActionRequest& request,
                                         const Ledger& ledger) {
    LedgerUndo undo;
    undo.rule = plan.rule->name;
    undo.target = plan.target->name;
    undo.incident = std::string(request.incident.text().view());
    for (const LedgerUndo& other : ledger.undos()) {
        const bool same =
            other.target == undo.target && (other.rule == undo.rule || !other.changes.empty());
        if (!same || !other.is_time_box()) continue;
        return make_error(Errc::Denied, "time box: what '{}' did to {} is in force for another {}",
                          other.rule, other.target,
                          human_duration(Duration{other.until_ns - ledger.time_ns()}.seconds()));
    }
    Duration box{};
    if (plan.rule->undo) {
        undo.playbook = plan.rule->undo->playbook;
        box = plan.rule->undo->after;
    }
    if (plan.rule->restrain) {
        auto changes = plan_restraint(*plan.rule->restrain, undo.target, host_.spawner);
        if (!changes) return changes.error();
        if (changes->empty()) {
            return make_error(Errc::Denied, "not needed: {} has no more than that", undo.target);
        }
        undo.changes = std::move(*changes);
        box = plan.rule->restrain->length;
    }
    if (box.ns > 0) undo.until_ns = ledger.time_ns() + box.ns;
    return undo;
}

void Actuator::restrain(const Plan& plan, const LedgerUndo& undo, ActionReport& report) {
    const auto changes = describe_changes(undo.changes);
    const auto length = to_text(plan.rule->restrain->length);
    FixedString<159> detail;
    format_into(detail, "{}{} for {}", plan.dry ? "would set " : "", changes, length);
    if (!plan.dry) {
        const auto begun = begin_restraint(undo.changes, undo.target, host_.spawner);
        if (!begun) {
            report.failed = true;
            report.detail = begun.error().text.view();
            return;
        }
        ++report.changed;
    }
    report.detail = detail;
}

// `undo` may be one of the ledger's own, which goes away here: it is copied first.
void Actuator::take_back(const LedgerUndo& known, std::string_view why, const Peer& peer,
                         Ledger& ledger, ActionReport& report) {
    const LedgerUndo undo = known;
    report.undone = true;
    ledger.count_try(undo.rule, undo.target);
    FixedString<159> detail;
    ActionReport run;
    Status done = save(ledger);
    if (done) done = run_undo(undo, run);
    if (done) {
        ledger.forget_undo(undo.rule, undo.target);
        done = save(ledger);
        format_into(detail, "took back '{}' on {}, {}{}{}", undo.rule, undo.target, why,
                    run.detail.empty() ? "" : ": ", run.detail);
    }
    if (!done) {
        detail.clear();
        format_into(detail, "could not take back '{}' on {}: {}", undo.rule, undo.target,
                    done.error().text.view());
        report.failed = true;
    }
    run.rule = std::string_view(undo.rule);
    run.playbook = std::string_view(undo.playbook);
    run.incident = parse_incident_id(undo.incident).value_or(IncidentId{});
    run.failed = !done;
    run.detail = detail;
    static_cast<void>(record(done ? "undone" : "not undone", run, peer));  // it is in the ledger
    append(report, detail);
}

Status Actuator::run_undo(const LedgerUndo& undo, ActionReport& report) {
    if (!undo.changes.empty()) {
        const auto ended = end_restraint(undo.changes, undo.target, host_.spawner);
        if (!ended) return ended.error();
        format_into(report.detail, "{} of {} put back", *ended, undo.changes.size());
    }
    if (undo.playbook.empty()) return Ok{};
    const auto rule = std::find_if(config_->rules.begin(), config_->rules.end(),
                                   [&](const Rule& known) { return known.name == undo.rule; });
    for (const AllowedTarget& target : config_->allow_list.targets) {
        const AllowedAction& action = config_->allow_list.actions[target.action];
        if (rule == config_->rules.end() || target.name != undo.target ||
            action.rule != undo.rule || action.undo != undo.playbook) {
            continue;
        }
        const auto incident = parse_incident_id(undo.incident);
        const RunOrder order{.rule = *rule,
                             .action = action,
                             .target = target,
                             .incident = incident.value_or(IncidentId{}),
                             .playbook_path = playbook_place(*config_, *rule, undo.playbook),
                             .playbook_text = fleet_playbook(*config_, *rule, undo.playbook),
                             .check = false};
        const auto outcome = host_.runner.run(order);
        if (!outcome) return outcome.error();
        report.ok = outcome->ok;
        report.changed = outcome->changed;
        report.failures = outcome->failures;
        report.detail = outcome->detail.view();
        if (outcome->failed) return make_error(Errc::Failed, "{}", outcome->detail.view());
        return Ok{};
    }
    return make_error(Errc::Denied, "allow.yml no longer allows {} for '{}'", undo.playbook,
                      undo.rule);
}

}  // namespace homeostat
