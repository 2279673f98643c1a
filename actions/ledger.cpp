#include "actions/ledger.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "actions/saturating.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

Duration doubled(Duration base, std::uint32_t times) {
    Duration result = std::min(base, kCooldownMax);
    for (std::uint32_t i = 0; i < times && result < kCooldownMax; ++i) {
        result = std::min(result * 2, kCooldownMax);
    }
    return result;
}

template <typename... Args>
BudgetVerdict refuse(fmt::format_string<Args...> format, Args&&... args) {
    BudgetVerdict verdict;
    format_into(verdict.why, format, std::forward<Args>(args)...);
    return verdict;
}
constexpr BudgetVerdict kAllowed{.allowed = true, .why = {}};

bool did_not_help(Outcome outcome) {
    return outcome == Outcome::Failed || outcome == Outcome::Ineffective ||
           outcome == Outcome::Harmful;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Started: return "started";
        case Outcome::Effective: return "effective";
        case Outcome::Ineffective: return "ineffective";
        case Outcome::Harmful: return "harmful";
        case Outcome::Unknown: return "unknown";
        case Outcome::Failed: return "failed";
    }
    return "unknown";
}

void Ledger::advance(std::string_view boot_id, Instant now) {
    std::int64_t passed = 0;
    if (boot_id_ == boot_id) {
        passed = subtract(now.monotonic_ns, monotonic_ns_);
    } else if (!boot_id_.empty()) {
        const std::int64_t by_wall = std::min(subtract(now.unix_ns, unix_ns_), kRebootCreditMax.ns);
        passed = std::max(now.monotonic_ns, by_wall);
    }
    time_ns_ = add(time_ns_, std::max<std::int64_t>(passed, 0));
    if (boot_id_ != boot_id) forget_changes();
    boot_id_ = boot_id;
    monotonic_ns_ = now.monotonic_ns;
    unix_ns_ = now.unix_ns;
    forget();
}

void Ledger::forget() {
    if (paused_until_ns_ <= time_ns_) paused_until_ns_ = 0;
    const std::int64_t oldest = subtract(time_ns_, kRunsKept.ns);
    const std::int64_t oldest_dry = subtract(time_ns_, hours(1).ns);
    std::erase_if(runs_, [&](const LedgerRun& run) {
        return run.outcome != Outcome::Started && run.ended_ns < (run.dry ? oldest_dry : oldest);
    });
    std::erase_if(approvals_,
                  [&](const LedgerApproval& approval) { return approval.until_ns <= time_ns_; });
    const std::int64_t oldest_undo = subtract(time_ns_, kRunsKept.ns);
    std::erase_if(undos_, [&](const LedgerUndo& undo) {
        return undo.began_ns < oldest_undo && !undo.is_due(time_ns_);
    });
}

std::uint32_t Ledger::count(Scope scope, const BudgetRequest& request, Duration window) const {
    const std::int64_t since = subtract(time_ns_, window.ns);
    std::uint32_t runs = 0;
    for (const LedgerRun& run : runs_) {
        if (run.dry != request.dry || run.began_ns <= since) continue;
        if (scope == Scope::Rule && run.rule != request.rule) continue;
        if (scope == Scope::Target && run.target != request.target) continue;
        ++runs;
    }
    return runs;
}

BudgetVerdict Ledger::judge(const BudgetRequest& request) const {
    for (const LedgerRun& run : runs_) {
        if (run.outcome == Outcome::Started) {
            return refuse("one at a time: '{}' is still running on {}", run.rule, run.target);
        }
    }
    if (runs_.size() >= kRunsMax) return refuse("the ledger is full: {} runs in 7 d", kRunsMax);
    if (request.dry) {
        if (count(Scope::Host, request, hours(1)) < kDryRunsPerHour) return kAllowed;
        return refuse("budget: {} dry runs of this host in 1 h", kDryRunsPerHour);
    }
    if (const auto verdict = judge_windows(request); !verdict.allowed) return verdict;
    if (request.approved) return kAllowed;
    if (const auto verdict = judge_ladder(request); !verdict.allowed) return verdict;
    if (const auto verdict = judge_breaker(request); !verdict.allowed) return verdict;
    return judge_cooldown(request);
}

BudgetVerdict Ledger::judge_windows(const BudgetRequest& request) const {
    struct Window {
        Scope scope;
        std::string_view of;
        Duration length;
        std::uint32_t runs_max;
    };
    const ActionLimits& limits = request.limits;
    for (const Window& window :
         {Window{Scope::Rule, "of this rule", hours(1), limits.per_hour},
          Window{Scope::Rule, "of this rule", hours(24), limits.per_day},
          Window{Scope::Target, "on this target", hours(1), limits.per_hour},
          Window{Scope::Target, "on this target", hours(24), limits.per_day},
          Window{Scope::Host, "of this host", hours(1), request.host_per_hour},
          Window{Scope::Host, "of this host", hours(24), request.host_per_day}}) {
        if (count(window.scope, request, window.length) < window.runs_max) continue;
        return refuse("budget: at most {} runs {} in {}", window.runs_max, window.of,
                      homeostat::to_text(window.length));
    }
    return kAllowed;
}

// Two runs in a row that did not help open it, or one that made matters worse; then one try each
// kBreakerOpen, and after kFailuresUntilPerson in a row none, until a person asks for one or the
// history is forgotten.
BudgetVerdict Ledger::judge_breaker(const BudgetRequest& request) const {
    std::uint32_t failures = 0;
    std::int64_t last_ns = 0;
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        if (run->dry || run->rule != request.rule || run->target != request.target) continue;
        if (!did_not_help(run->outcome)) break;
        if (failures == 0) last_ns = run->ended_ns;
        failures += run->outcome == Outcome::Harmful ? kFailuresUntilBreaker : 1;
    }
    if (failures < kFailuresUntilBreaker) return kAllowed;
    if (failures >= kFailuresUntilPerson) {
        return refuse("breaker: {} runs in a row did not help, a person is needed", failures);
    }
    if (time_ns_ >= add(last_ns, kBreakerOpen.ns)) return kAllowed;
    return refuse("breaker: {} runs in a row did not help, again in {}", failures,
                  human_duration(Duration{add(last_ns, kBreakerOpen.ns) - time_ns_}.seconds()));
}

// The harder rung is for what the gentler one did not repair, whatever the watcher says.
BudgetVerdict Ledger::judge_ladder(const BudgetRequest& request) const {
    if (request.below.empty()) return kAllowed;
    const LedgerRun* run = newest_run(request.below, request.target);
    const bool failed = run != nullptr && did_not_help(run->outcome) &&
                        subtract(time_ns_, run->ended_ns) < kRungKept.ns;
    if (failed) return kAllowed;
    return refuse("ladder: '{}' comes first", request.below);
}

const LedgerRun* Ledger::newest_run(std::string_view rule, std::string_view target) const {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        if (!run->dry && run->rule == rule && run->target == target) return &*run;
    }
    return nullptr;
}

const LedgerRun* Ledger::run_by_person(std::string_view rule, std::string_view incident) const {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        if (run->by_person && run->rule == rule && run->incident == incident) return &*run;
    }
    return nullptr;
}

HarmNote Ledger::note_harm(std::string_view rule, std::string_view target) {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        if (run->dry || run->rule != rule || run->target != target) continue;
        const bool late = subtract(time_ns_, run->ended_ns) >= kHarmSeenWithin.ns;
        if (late || run->outcome == Outcome::Started) return HarmNote::NoSuchRun;
        if (run->outcome == Outcome::Harmful) return HarmNote::KnownAlready;
        run->outcome = Outcome::Harmful;
        return HarmNote::Noted;
    }
    return HarmNote::NoSuchRun;
}

BudgetVerdict Ledger::judge_cooldown(const BudgetRequest& request) const {
    const std::int64_t since = subtract(time_ns_, hours(24).ns);
    std::uint32_t runs = 0;
    std::int64_t last_ns = 0;
    for (const LedgerRun& run : runs_) {
        if (run.dry || run.rule != request.rule || run.target != request.target) continue;
        if (run.ended_ns <= since) continue;
        ++runs;
        last_ns = std::max(last_ns, run.ended_ns);
    }
    if (runs == 0) return kAllowed;
    const std::int64_t until = add(last_ns, doubled(request.limits.cooldown, runs - 1).ns);
    if (time_ns_ >= until) return kAllowed;
    return refuse("cooldown: it ran {} times here in 24 h, again in {}", runs,
                  human_duration(Duration{until - time_ns_}.seconds()));
}

void Ledger::begin(const BudgetRequest& request) {
    assert(judge(request).allowed);
    runs_.push_back({.rule = std::string(request.rule),
                     .target = std::string(request.target),
                     .incident = std::string(request.incident),
                     .began_ns = time_ns_,
                     .ended_ns = time_ns_,
                     .outcome = Outcome::Started,
                     .dry = request.dry,
                     .recommended = request.recommended,
                     .by_person = request.approved && !request.dry});
}

void Ledger::finish(Outcome outcome) {
    assert(!runs_.empty() && runs_.back().outcome == Outcome::Started);
    runs_.back().outcome = outcome;
    runs_.back().ended_ns = time_ns_;
    note_in_record(runs_.back());
}

void Ledger::note_in_record(const LedgerRun& run) {
    if (run.dry || !run.recommended) return;
    auto record = std::find_if(records_.begin(), records_.end(),
                               [&](const LedgerRecord& known) { return known.rule == run.rule; });
    if (record == records_.end()) {
        if (records_.size() == kRecordsMax) return;  // more rules than a host has
        record = records_.insert(records_.end(), {.rule = run.rule});
    }
    record->approved = add(record->approved, 1);
    if (run.outcome == Outcome::Effective) record->effective = add(record->effective, 1);
}

LedgerRecord Ledger::record_of(std::string_view rule) const {
    for (const LedgerRecord& record : records_) {
        if (record.rule == rule) return record;
    }
    return {.rule = std::string(rule)};
}

Status Ledger::approve(std::string_view rule, std::string_view target, Duration length) {
    std::erase_if(approvals_, [&](const LedgerApproval& approval) {
        return approval.rule == rule && approval.target == target;
    });
    if (length.ns <= 0) return Ok{};
    if (approvals_.size() >= kApprovalsMax) {
        return make_error(Errc::Limit, "{} approvals in advance are enough", kApprovalsMax);
    }
    approvals_.push_back({.rule = std::string(rule),
                          .target = std::string(target),
                          .until_ns = add(time_ns_, length.ns)});
    return Ok{};
}

bool Ledger::is_approved(std::string_view rule, std::string_view target) const {
    return std::any_of(approvals_.begin(), approvals_.end(), [&](const LedgerApproval& approval) {
        return approval.rule == rule && approval.target == target && time_ns_ < approval.until_ns;
    });
}

std::uint32_t Ledger::approved_runs(std::string_view rule, std::string_view target,
                                    Duration window) const {
    const std::int64_t since = subtract(time_ns_, window.ns);
    const auto count = std::count_if(runs_.begin(), runs_.end(), [&](const LedgerRun& run) {
        return run.recommended && !run.by_person && !run.dry && run.began_ns >= since &&
               (rule.empty() || run.rule == rule) && (target.empty() || run.target == target);
    });
    return static_cast<std::uint32_t>(count);
}

std::size_t Ledger::close_abandoned() {
    std::size_t closed = 0;
    for (LedgerRun& run : runs_) {
        if (run.outcome != Outcome::Started) continue;
        run.outcome = Outcome::Failed;
        run.ended_ns = time_ns_;
        note_in_record(run);
        ++closed;
    }
    return closed;
}

}  // namespace homeostat
