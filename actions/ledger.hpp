// Ledger is what the actuator remembers of its own runs, to keep the budgets by itself.
//
// The watcher may be lying about what was done and when, so nobody else's count is used. One list
// of runs answers every question: how often did this action run, how often was this target acted
// on, how often anything on this host, in the last hour and the last day; when did this action last
// end on this target; did it help. A budget of N an hour is a bucket of N tokens, each of which
// comes back exactly one hour after it was taken: never more than N in any hour.
//
// Ledger time is a count of nanoseconds that only grows: it follows CLOCK_BOOTTIME within one boot.
// Over a reboot it is given the new uptime, or what the wall clock says has passed, but of that at
// most kRebootCreditMax: a clock that jumps ahead gives back one hour's budget at most, and one
// that goes back gives nothing.
//
// Pure: no clock, no file. ledger_file.hpp keeps it on disk.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/allow_list.hpp"
#include "actions/restraint.hpp"
#include "core/fixed_string.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr Duration kRebootCreditMax = hours(1);
inline constexpr Duration kRunsKept = hours(168);
inline constexpr std::size_t kRunsMax = 1024;         // then nothing runs until some are forgotten
inline constexpr std::uint32_t kDryRunsPerHour = 60;  // of the host; they change nothing
inline constexpr Duration kBreakerOpen = hours(6);    // after two runs in a row that did not help
inline constexpr std::uint32_t kFailuresUntilBreaker = 2;
inline constexpr std::uint32_t kFailuresUntilPerson = 4;  // in a row, within kRunsKept
inline constexpr Duration kHarmSeenWithin = hours(1);
inline constexpr Duration kRungKept = hours(24);   // so long a gentler rung that failed counts
inline constexpr std::size_t kApprovalsMax = 64;   // in advance, at once
inline constexpr std::size_t kRecordsMax = 256;    // rules with a record
inline constexpr std::size_t kUndosMax = 64;       // runs that can be taken back, at once
inline constexpr std::uint32_t kUndoTriesMax = 3;  // then a person is needed
inline constexpr Duration kUndoRetry = minutes(5);

// A rule has earned mode auto when people approved it so often and it helped in so many of a
// hundred (reliability rule B23).
inline constexpr std::uint32_t kEarnedApprovals = 20;
inline constexpr std::uint32_t kEarnedPercent = 95;

inline constexpr Duration kPausedForGood{std::numeric_limits<std::int64_t>::max()};

enum class Outcome : std::uint8_t {
    Started,      // not over yet; when found at start: the actuator died meanwhile
    Effective,    // done, and what was wrong is no longer so
    Ineffective,  // done, and it still is
    Harmful,      // done, and matters are worse than before
    Unknown,      // done; nothing says whether it helped
    Failed,       // a task failed, or time was up
};

std::string_view name_of(Outcome outcome);

struct LedgerRun {
    std::string rule;
    std::string target;
    std::string incident;       // its id as text; empty in a ledger of before 0.3
    std::int64_t began_ns = 0;  // ledger time
    std::int64_t ended_ns = 0;  // while Started: as began_ns
    Outcome outcome = Outcome::Started;
    bool dry = false;
    bool recommended = false;  // a person approved it, now or in advance
    bool by_person = false;    // ... now: it was the person who asked
};

// What a person allowed in advance: mode recommend runs this without asking, until then.
struct LedgerApproval {
    std::string rule;
    std::string target;
    std::int64_t until_ns = 0;  // ledger time
};

// What came of the runs of a rule that people approved; kept for good.
struct LedgerRecord {
    std::string rule;
    std::int64_t approved = 0;
    std::int64_t effective = 0;

    [[nodiscard]] bool has_earned_auto() const {
        return approved >= kEarnedApprovals && effective * 100 >= approved * kEarnedPercent;
    }
};

// How a run is taken back: remembered before it begins, so that it is known whatever happens to the
// actuator; forgotten when it is done, or after kRunsKept. One for a rule and target: the newest.
struct LedgerUndo {
    std::string rule;
    std::string target;
    std::string incident;              // its id as text
    std::string playbook;              // empty: nothing but `changes`
    std::vector<ShareChange> changes;  // of the target, a unit; systemd forgets them at a reboot
    std::int64_t until_ns = 0;         // ledger time of the time box's end; 0: when asked for
    std::int64_t began_ns = 0;
    std::int64_t tries = 0;

    [[nodiscard]] bool can_undo() const { return !playbook.empty() || !changes.empty(); }
    [[nodiscard]] bool is_time_box() const { return until_ns != 0 && tries < kUndoTriesMax; }
    [[nodiscard]] bool is_due(std::int64_t time_ns) const {
        return is_time_box() && until_ns <= time_ns;
    }
};

// What one run would need.
struct BudgetRequest {
    std::string_view rule;
    std::string_view target;
    ActionLimits limits;
    std::uint32_t host_per_hour = kHostPerHour;
    std::uint32_t host_per_day = kHostPerDay;
    bool dry = false;          // check mode: only kDryRunsPerHour counts
    bool approved = false;     // a person asked for it: cooldown and breaker do not hold it up
    bool recommended = false;  // it counts for the record of the rule
    std::string_view below{};  // the rule of the gentler rung, which must have failed; empty: none
    std::string_view incident{};
};

struct BudgetVerdict {
    bool allowed = false;
    FixedString<159> why;  // the guard that refused; empty when allowed
};

// What became of the watcher's word that a run did harm.
enum class HarmNote : std::uint8_t { NoSuchRun, KnownAlready, Noted };

class Ledger {
public:
    // Reads back what to_text() made. Errc::Parse when a byte differs: the file is then not
    // believed at all, since a shorter history would allow more.
    static Result<Ledger> parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;

    // Moves ledger time on and forgets what is older than kRunsKept. Call it before judge() and
    // finish().
    void advance(std::string_view boot_id, Instant now);

    [[nodiscard]] BudgetVerdict judge(const BudgetRequest& request) const;

    // Records a run as Started, to be saved before it begins. REQUIRES: judge() allowed it.
    void begin(const BudgetRequest& request);
    // Ends the run that began last. REQUIRES: one is Started.
    void finish(Outcome outcome);

    // Allows it in advance for so long; nought or less withdraws it. Errc::Limit when there are
    // kApprovalsMax already.
    Status approve(std::string_view rule, std::string_view target, Duration length);
    [[nodiscard]] bool is_approved(std::string_view rule, std::string_view target) const;

    // Runs within the last `window` that somebody had approved in advance, of this rule on this
    // target; an empty name counts all.
    [[nodiscard]] std::uint32_t approved_runs(std::string_view rule, std::string_view target,
                                              Duration window) const;

    // All noughts for a rule that nobody has approved yet.
    [[nodiscard]] LedgerRecord record_of(std::string_view rule) const;

    // The watcher saw that the newest run of this rule on this target made matters worse, within
    // kHarmSeenWithin of its end. It can only make the actuator more careful.
    HarmNote note_harm(std::string_view rule, std::string_view target);

    // The newest run of this rule for this incident that a person asked for; null if there is none.
    [[nodiscard]] const LedgerRun* run_by_person(std::string_view rule,
                                                 std::string_view incident) const;

    // Remembers how the run that is about to begin is taken back, in place of the one before.
    // Errc::Limit when there are kUndosMax.
    Status remember(const LedgerUndo& undo);
    void forget_undo(std::string_view rule, std::string_view target);
    // One more try at it; after kUndoTriesMax its time box no longer counts.
    void count_try(std::string_view rule, std::string_view target);
    [[nodiscard]] const LedgerUndo* undo_of(std::string_view rule, std::string_view target) const;
    [[nodiscard]] const std::vector<LedgerUndo>& undos() const { return undos_; }

    // No run for so long, or until resume(); kPausedForGood says the latter.
    void pause(Duration length);
    void resume() { paused_until_ns_ = 0; }
    // How much longer; nothing when it is not paused.
    [[nodiscard]] std::optional<Duration> paused() const;

    // Runs still Started that nobody is running any more become Failed; returns how many.
    // Call it once after reading the file, when the host lock is held.
    std::size_t close_abandoned();

    [[nodiscard]] const std::vector<LedgerRun>& runs() const { return runs_; }
    [[nodiscard]] std::int64_t time_ns() const { return time_ns_; }

private:
    enum class Scope : std::uint8_t { Rule, Target, Host };
    [[nodiscard]] std::uint32_t count(Scope scope, const BudgetRequest& request,
                                      Duration window) const;
    [[nodiscard]] BudgetVerdict judge_windows(const BudgetRequest& request) const;
    [[nodiscard]] BudgetVerdict judge_cooldown(const BudgetRequest& request) const;
    [[nodiscard]] BudgetVerdict judge_breaker(const BudgetRequest& request) const;
    [[nodiscard]] BudgetVerdict judge_ladder(const BudgetRequest& request) const;
    [[nodiscard]] const LedgerRun* newest_run(std::string_view rule, std::string_view target) const;
    void forget();
    void forget_changes();
    void note_in_record(const LedgerRun& run);

    std::string boot_id_;
    std::int64_t monotonic_ns_ = 0;
    std::int64_t unix_ns_ = 0;
    std::int64_t time_ns_ = 0;
    std::vector<LedgerRun> runs_;  // the oldest first
    std::vector<LedgerApproval> approvals_;
    std::vector<LedgerRecord> records_;
    std::vector<LedgerUndo> undos_;
    std::int64_t paused_until_ns_ = 0;  // ledger time; 0: not paused
};

}  // namespace homeostat
