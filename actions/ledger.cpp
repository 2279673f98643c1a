#include "actions/ledger.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <nlohmann/json.hpp>

#include "actions/sha256.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr int kLedgerVersion = 2;

// All accounting saturates (reliability rule B16): a wrapped counter has stopped whole fleets.
std::int64_t add(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? kMax : std::numeric_limits<std::int64_t>::min();
    return sum;
}
std::int64_t subtract(std::int64_t a, std::int64_t b) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return b < 0 ? kMax : std::numeric_limits<std::int64_t>::min();
    }
    return difference;
}

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

constexpr std::array<Outcome, 6> kOutcomes{Outcome::Started,     Outcome::Effective,
                                           Outcome::Ineffective, Outcome::Harmful,
                                           Outcome::Unknown,     Outcome::Failed};

bool take(const nlohmann::json& json, const char* key, std::string& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return false;
    out = found->get<std::string>();
    return true;
}
bool take(const nlohmann::json& json, const char* key, std::int64_t& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer()) return false;
    out = found->get<std::int64_t>();
    return true;
}

bool take(const nlohmann::json& json, const char* key, bool& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_boolean()) return false;
    out = found->get<bool>();
    return true;
}

bool take_entry(const nlohmann::json& json, LedgerApproval& approval) {
    return json.is_object() && take(json, "rule", approval.rule) &&
           take(json, "target", approval.target) && take(json, "until_ns", approval.until_ns);
}

bool take_entry(const nlohmann::json& json, LedgerRecord& record) {
    return json.is_object() && take(json, "rule", record.rule) &&
           take(json, "approved", record.approved) && take(json, "effective", record.effective) &&
           record.effective >= 0 && record.effective <= record.approved;
}

bool take_entry(const nlohmann::json& json, LedgerRun& run) {
    std::string outcome;
    if (!json.is_object() || !take(json, "rule", run.rule) || !take(json, "target", run.target) ||
        !take(json, "began_ns", run.began_ns) || !take(json, "ended_ns", run.ended_ns) ||
        !take(json, "outcome", outcome) || !take(json, "dry", run.dry) ||
        !take(json, "recommended", run.recommended)) {
        return false;
    }
    // Not in a ledger of before 0.3.
    if (json.contains("incident") && !take(json, "incident", run.incident)) return false;
    if (json.contains("by_person") && !take(json, "by_person", run.by_person)) return false;
    for (const Outcome known : kOutcomes) {
        if (outcome != name_of(known)) continue;
        run.outcome = known;
        return true;
    }
    return false;
}

// A list of entries; false when it is missing, too long, or one of them is incomplete.
template <typename Entry>
bool take_list(const nlohmann::json& json, const char* key, std::size_t count_max,
               std::vector<Entry>& out) {
    const auto list = json.find(key);
    if (list == json.end() || !list->is_array() || list->size() > count_max) return false;
    for (const auto& item : *list) {
        Entry entry;
        if (!take_entry(item, entry)) return false;
        out.push_back(std::move(entry));
    }
    return true;
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
    boot_id_ = boot_id;
    monotonic_ns_ = now.monotonic_ns;
    unix_ns_ = now.unix_ns;
    forget();
}

void Ledger::forget() {
    const std::int64_t oldest = subtract(time_ns_, kRunsKept.ns);
    const std::int64_t oldest_dry = subtract(time_ns_, hours(1).ns);
    std::erase_if(runs_, [&](const LedgerRun& run) {
        return run.outcome != Outcome::Started && run.ended_ns < (run.dry ? oldest_dry : oldest);
    });
    std::erase_if(approvals_,
                  [&](const LedgerApproval& approval) { return approval.until_ns <= time_ns_; });
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

bool Ledger::note_harm(std::string_view rule, std::string_view target) {
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        if (run->dry || run->rule != rule || run->target != target) continue;
        const bool late = subtract(time_ns_, run->ended_ns) >= kHarmSeenWithin.ns;
        if (late || run->outcome == Outcome::Started) return false;
        run->outcome = Outcome::Harmful;
        return true;
    }
    return false;
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

// <sha256 of the rest, hexadecimal>\n<JSON>\n
std::string Ledger::to_text() const {
    nlohmann::json runs = nlohmann::json::array();
    for (const LedgerRun& run : runs_) {
        runs.push_back({{"rule", run.rule},
                        {"target", run.target},
                        {"incident", run.incident},
                        {"began_ns", run.began_ns},
                        {"ended_ns", run.ended_ns},
                        {"outcome", std::string(name_of(run.outcome))},
                        {"dry", run.dry},
                        {"recommended", run.recommended},
                        {"by_person", run.by_person}});
    }
    nlohmann::json approvals = nlohmann::json::array();
    for (const LedgerApproval& approval : approvals_) {
        approvals.push_back({{"rule", approval.rule},
                             {"target", approval.target},
                             {"until_ns", approval.until_ns}});
    }
    nlohmann::json records = nlohmann::json::array();
    for (const LedgerRecord& record : records_) {
        records.push_back({{"rule", record.rule},
                           {"approved", record.approved},
                           {"effective", record.effective}});
    }
    const nlohmann::json json{{"version", kLedgerVersion},
                              {"boot_id", boot_id_},
                              {"monotonic_ns", monotonic_ns_},
                              {"unix_ns", unix_ns_},
                              {"time_ns", time_ns_},
                              {"runs", std::move(runs)},
                              {"approvals", std::move(approvals)},
                              {"records", std::move(records)}};
    const std::string body =
        json.dump(1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
    return std::string(sha256_hex(body).view()) + "\n" + body;
}

Result<Ledger> Ledger::parse(std::string_view text) {
    const auto fault = [](std::string_view what) {
        return make_error(Errc::Parse, "ledger: {}", what);
    };
    if (text.size() < kSha256HexSize + 1 || text[kSha256HexSize] != '\n') {
        return fault("cut short");
    }
    const std::string_view body = text.substr(kSha256HexSize + 1);
    if (sha256_hex(body).view() != text.substr(0, kSha256HexSize)) {
        return fault("its content does not match its checksum");
    }
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return fault("no JSON object");
    Ledger ledger;
    std::int64_t version = 0;
    if (!take(json, "version", version) || version != kLedgerVersion) {
        return fault("made by another version");
    }
    if (!take(json, "boot_id", ledger.boot_id_) ||
        !take(json, "monotonic_ns", ledger.monotonic_ns_) ||
        !take(json, "unix_ns", ledger.unix_ns_) || !take(json, "time_ns", ledger.time_ns_) ||
        !take_list(json, "runs", kRunsMax, ledger.runs_) ||
        !take_list(json, "approvals", kApprovalsMax, ledger.approvals_) ||
        !take_list(json, "records", kRecordsMax, ledger.records_)) {
        return fault("a field is missing or wrong");
    }
    return ledger;
}

}  // namespace homeostat
