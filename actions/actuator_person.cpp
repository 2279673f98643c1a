// What a person says: approve, wait for an approval, pause, resume.
#include "actions/actuator.hpp"
#include "core/format.hpp"

namespace homeostat {

void Actuator::approve(const Plan& plan, const ActionRequest& request, const Peer& peer,
                       ActionReport& report) {
    if (!is_person(peer.uid)) {
        return refuse(report, peer, "only a person (root) can approve, never the watcher");
    }
    if (plan.dry) return refuse(report, peer, "mode observe: approval changes nothing here");
    const Descriptor lock = take_lock();
    auto ledger = open_ledger(lock, peer);
    if (!ledger) return refuse(report, peer, ledger.error().text);
    const Duration length = seconds(static_cast<std::int64_t>(request.length_s));
    Status done = ledger->approve(plan.rule->name, plan.target->name, length);
    if (done) done = save(*ledger);
    if (!done) return refuse(report, peer, done.error().text);
    if (length.ns > 0) {
        format_into(report.detail, "approved in advance for {} on {}", to_text(length),
                    plan.target->name);
    } else {
        format_into(report.detail, "no longer approved in advance on {}", plan.target->name);
    }
    // What is not in the log was not given: the ledger is put back.
    if (const auto written = record("approved", report, peer); !written) {
        const Status undone = ledger->approve(plan.rule->name, plan.target->name, Duration{});
        if (undone && save(*ledger)) return refuse(report, peer, written.error().text);
    }
}

// Nobody has approved it. Either a person had it run by hand for this very incident, and that is
// the answer, or a dry run says what there is to approve.
void Actuator::wait_for_person(const Plan& plan, const ActionRequest& request, Ledger& ledger,
                               const Peer& peer, ActionReport& report) {
    if (const LedgerRun* run = ledger.run_by_person(plan.rule->name, request.incident.text())) {
        report.effect = effect_of(run->outcome);
        format_into(report.detail, "a person had it run: {}", name_of(run->outcome));
        return;
    }
    report.waiting = true;
    BudgetRequest budget = plan.budget;
    budget.dry = true;
    FixedString<159> would = "";
    const auto before = examine(plan.action->requires_, *plan.target, host_.root, host_.spawner);
    const auto undo = how_to_undo(plan, request, ledger);
    if (before && before->holds && undo && ledger.judge(budget).allowed) {
        ledger.begin(budget);
        if (save(ledger)) {
            Plan dry = plan;
            dry.dry = true;
            (void)run_and_judge(dry, request, *before, *undo, report);
            would = report.detail;
            report.failed = false;
        }
        ledger.finish(Outcome::Unknown);
        static_cast<void>(save(ledger));
    }
    FixedString<159> why;
    format_into(why, "a person must approve it: {}",
                would.empty() ? report.detail.view() : would.view());
    refuse(report, peer, why);
}

void Actuator::override_all(const ActionRequest& request, const Peer& peer, ActionReport& report) {
    if (!is_person(peer.uid)) {
        return refuse(report, peer, "only a person (root) can do this, never the watcher");
    }
    if (request.opcode == Opcode::Undo) {
        look_for_bundle(peer, true);  // what takes it back is what the files say now
        return undo(request, peer, report);
    }
    const Descriptor lock = take_lock();
    auto ledger = open_ledger(lock, peer);
    if (!ledger) return refuse(report, peer, ledger.error().text);
    const bool pauses = request.opcode == Opcode::Pause;
    const Duration length = seconds(static_cast<std::int64_t>(request.length_s));
    if (pauses) {
        ledger->pause(length.ns > 0 ? length : kPausedForGood);
        format_into(report.detail, "paused: nothing runs {}{}",
                    length.ns > 0 ? "for " : "until `homeostat resume`",
                    length.ns > 0 ? to_text(length).view() : std::string_view{});
    } else {
        report.detail = ledger->paused() ? "no longer paused" : "it was not paused";
        ledger->resume();
    }
    Status done = save(*ledger);
    if (done) done = record(pauses ? "paused" : "resumed", report, peer);
    if (!done) return refuse(report, peer, done.error().text);
    report.ran = true;
}

}  // namespace homeostat
