// What the actuator does with a request that every guard has let through: the lock and the ledger,
// the run, and what it has changed.
#include <fcntl.h>
#include <sys/file.h>

#include <array>

#include "actions/actuator.hpp"
#include "actions/descriptor.hpp"
#include "actions/fleet_actions.hpp"
#include "actions/ledger_file.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

// Of a level in [0,1]: less is what others write meanwhile.
constexpr double kWorseLevel = 0.01;

FixedString<159> describe_pause(Duration left) {
    FixedString<159> text;
    if (left == kPausedForGood) {
        text = "paused by a person, until `homeostat resume`";
    } else {
        format_into(text, "paused by a person, for another {}; `homeostat resume` ends it",
                    human_duration(left.seconds()));
    }
    return text;
}

// `recommend` before `auto`: when a rule has shown what it can do, the person is told.
void note_record(const LedgerRecord& record, ActionReport& report) {
    if (!record.has_earned_auto()) return;
    FixedString<159> detail = report.detail;
    format_into(detail, "{}; helped {} of {} times: it has earned mode auto", report.detail,
                record.effective, record.approved);
    report.detail = detail;
}

}  // namespace

Effect effect_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Effective: return Effect::Helped;
        case Outcome::Failed:
        case Outcome::Ineffective: return Effect::DidNotHelp;
        case Outcome::Harmful: return Effect::Worse;
        case Outcome::Started:
        case Outcome::Unknown: break;
    }
    return Effect::Unknown;
}

Descriptor Actuator::take_lock() const {
    Descriptor lock(::open((state_directory_ + "/lock").c_str(),
                           O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) lock.reset();
    return lock;
}

Result<Ledger> Actuator::open_ledger(const Descriptor& lock, const Peer& peer) {
    if (!lock) {
        return make_error(Errc::Limit, "one at a time: another actuator is at work on this host");
    }
    auto ledger = load_ledger(state_directory_ + "/ledger");
    if (!ledger) return ledger;
    const auto boot = boot_id();
    if (!boot) return boot.error();
    ledger->advance(*boot, host_.clock.now());
    if (ledger->close_abandoned() > 0) {
        ActionReport abandoned;
        abandoned.detail = "the run before this one was cut off: it counts as failed";
        auto written = record("abandoned", abandoned, peer);
        if (written) written = save(*ledger);
        if (!written) return written.error();
    }
    return ledger;
}

Status Actuator::save(const Ledger& ledger) const {
    return save_ledger(state_directory_ + "/ledger", ledger);
}

Result<std::string> Actuator::boot_id() const {
    std::array<char, 64> buffer;
    const auto text = host_.root.read("proc/sys/kernel/random/boot_id", buffer);
    if (!text) return text.error();
    return std::string(trim(*text));
}

void Actuator::carry_out(const Plan& plan, const ActionRequest& request, const Peer& peer,
                         ActionReport& report) {
    const bool recommended = plan.approved || plan.needs_approval;
    report.mode = plan.dry ? name_of(ActionMode::Observe)
                           : name_of(recommended ? ActionMode::Recommend : ActionMode::Auto);
    const Descriptor lock = take_lock();
    auto ledger = open_ledger(lock, peer);
    if (!ledger) return refuse(report, peer, ledger.error().text);
    if (const auto left = ledger->paused()) return refuse(report, peer, describe_pause(*left));
    const auto incident = request.incident.text();
    BudgetRequest budget = plan.budget;
    budget.incident = incident;
    if (plan.needs_approval && !ledger->is_approved(plan.rule->name, plan.target->name) &&
        !approved_by_fleet(plan, request, *ledger)) {
        return wait_for_person(plan, request, *ledger, peer, report);
    }
    const BudgetVerdict verdict = ledger->judge(budget);
    if (!verdict.allowed) return refuse(report, peer, verdict.why);
    const auto before = examine(plan.action->requires_, *plan.target, host_.root, host_.spawner);
    if (!before) return refuse(report, peer, before.error().text);
    if (!before->holds) {
        FixedString<159> why;
        format_into(why, "precondition: not needed, {} has {}", plan.target->name,
                    before->measured);
        return refuse(report, peer, why);
    }
    const auto undo = how_to_undo(plan, request, *ledger);
    if (!undo) return refuse(report, peer, undo.error().text);
    const LedgerUndo* known = ledger->undo_of(undo->rule, undo->target);
    const LedgerUndo earlier = known != nullptr ? *known : LedgerUndo{};
    if (const auto told = note_use_of_fleet(plan); !told) {
        return refuse(report, peer, told.error().text);
    }
    Status noted = Ok{};
    if (!plan.dry && undo->can_undo()) noted = ledger->remember(*undo);
    ledger->begin(budget);
    if (noted) noted = save(*ledger);
    if (!noted) return refuse(report, peer, noted.error().text);
    report.detail = before->measured.view();
    if (const auto written = record("begin", report, peer); !written) {
        return refuse(report, peer, written.error().text);
    }
    const Outcome outcome = run_and_judge(plan, request, *before, *undo, report);
    report.effect = plan.dry ? Effect::Unknown : effect_of(outcome);
    // The cooldown begins when the run has ended. The boot id was readable a moment ago.
    if (const auto boot = boot_id()) ledger->advance(*boot, host_.clock.now());
    ledger->finish(outcome);
    const bool nothing_done = !report.ran || (!report.failed && report.changed == 0);
    if (!plan.dry && nothing_done && undo->can_undo()) {
        ledger->forget_undo(undo->rule, undo->target);
        if (earlier.can_undo()) static_cast<void>(ledger->remember(earlier));  // there was room
    }
    if (recommended) note_record(ledger->record_of(plan.rule->name), report);
    // The run is over; what cannot be written now is told in the report, and a run that the ledger
    // still calls started counts as failed next time.
    const auto saved = save(*ledger);
    const auto written = record("ran", report, peer);
    if (!saved || !written) report.detail = (saved ? written : saved).error().text.view();
    const LedgerUndo* harm =
        outcome == Outcome::Harmful ? ledger->undo_of(undo->rule, undo->target) : nullptr;
    if (harm != nullptr) take_back(*harm, "it made matters worse", peer, *ledger, report);
}

Outcome Actuator::run_and_judge(const Plan& plan, const ActionRequest& request,
                                const PreconditionState& before, const LedgerUndo& undo,
                                ActionReport& report) {
    const RunOrder order{.rule = *plan.rule,
                         .action = *plan.action,
                         .target = *plan.target,
                         .incident = request.incident,
                         .playbook_path = playbook_place(*config_, *plan.rule),
                         .playbook_text = fleet_playbook(*config_, *plan.rule),
                         .check = plan.dry};
    report.detail.clear();
    const auto outcome = host_.runner.run(order);
    if (!outcome) {
        report.failed = true;
        report.detail = outcome.error().text.view();
        return Outcome::Failed;
    }
    report.ran = true;
    report.failed = outcome->failed;
    report.ok = outcome->ok;
    report.changed = outcome->changed;
    report.failures = outcome->failures;
    report.detail = outcome->detail.view();
    if (!report.failed && !undo.changes.empty()) restrain(plan, undo, report);
    return judge_effect(plan, before, report.failed, report);
}

Outcome Actuator::judge_effect(const Plan& plan, const PreconditionState& before, bool failed,
                               ActionReport& report) {
    if (plan.dry || !before.known) return failed ? Outcome::Failed : Outcome::Unknown;
    const auto after = examine(plan.action->requires_, *plan.target, host_.root, host_.spawner);
    if (!after) return failed ? Outcome::Failed : Outcome::Unknown;
    FixedString<159> detail;
    format_into(detail, "{} -> {}{}", before.measured, after->measured,
                after->holds ? ", it did not help" : "");
    if (!report.detail.empty()) format_into(detail, ": {}", report.detail);
    report.detail = detail;
    // The condition is over: a task that failed on the way does not undo that.
    if (!after->holds) return Outcome::Effective;
    if (after->level > before.level + kWorseLevel) return Outcome::Harmful;
    return failed ? Outcome::Failed : Outcome::Ineffective;
}

}  // namespace homeostat
