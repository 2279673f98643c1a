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
constexpr int kLedgerVersion = 1;

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
    return outcome == Outcome::Failed || outcome == Outcome::Ineffective;
}

constexpr std::array<Outcome, 5> kOutcomes{Outcome::Started, Outcome::Effective,
                                           Outcome::Ineffective, Outcome::Unknown, Outcome::Failed};

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

bool take_run(const nlohmann::json& json, LedgerRun& run) {
    std::string outcome;
    const auto dry = json.find("dry");
    if (!json.is_object() || !take(json, "rule", run.rule) || !take(json, "target", run.target) ||
        !take(json, "began_ns", run.began_ns) || !take(json, "ended_ns", run.ended_ns) ||
        !take(json, "outcome", outcome) || dry == json.end() || !dry->is_boolean()) {
        return false;
    }
    run.dry = dry->get<bool>();
    for (const Outcome known : kOutcomes) {
        if (outcome != name_of(known)) continue;
        run.outcome = known;
        return true;
    }
    return false;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Started: return "started";
        case Outcome::Effective: return "effective";
        case Outcome::Ineffective: return "ineffective";
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

// Two runs in a row that did not help open it; then one try each kBreakerOpen, and after
// kFailuresUntilPerson in a row none, until a person asks for one or the history is forgotten.
BudgetVerdict Ledger::judge_breaker(const BudgetRequest& request) const {
    std::uint32_t failures = 0;
    std::int64_t last_ns = 0;
    for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
        if (run->dry || run->rule != request.rule || run->target != request.target) continue;
        if (!did_not_help(run->outcome)) break;
        if (failures++ == 0) last_ns = run->ended_ns;
    }
    if (failures < kFailuresUntilBreaker) return kAllowed;
    if (failures >= kFailuresUntilPerson) {
        return refuse("breaker: {} runs in a row did not help, a person is needed", failures);
    }
    if (time_ns_ >= add(last_ns, kBreakerOpen.ns)) return kAllowed;
    return refuse("breaker: {} runs in a row did not help, again in {}", failures,
                  human_duration(Duration{add(last_ns, kBreakerOpen.ns) - time_ns_}.seconds()));
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
                     .began_ns = time_ns_,
                     .ended_ns = time_ns_,
                     .outcome = Outcome::Started,
                     .dry = request.dry});
}

void Ledger::finish(Outcome outcome) {
    assert(!runs_.empty() && runs_.back().outcome == Outcome::Started);
    runs_.back().outcome = outcome;
    runs_.back().ended_ns = time_ns_;
}

std::size_t Ledger::close_abandoned() {
    std::size_t closed = 0;
    for (LedgerRun& run : runs_) {
        if (run.outcome != Outcome::Started) continue;
        run.outcome = Outcome::Failed;
        run.ended_ns = time_ns_;
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
                        {"began_ns", run.began_ns},
                        {"ended_ns", run.ended_ns},
                        {"outcome", std::string(name_of(run.outcome))},
                        {"dry", run.dry}});
    }
    const nlohmann::json json{{"version", kLedgerVersion},     {"boot_id", boot_id_},
                              {"monotonic_ns", monotonic_ns_}, {"unix_ns", unix_ns_},
                              {"time_ns", time_ns_},           {"runs", std::move(runs)}};
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
    const auto runs = json.find("runs");
    if (!take(json, "boot_id", ledger.boot_id_) ||
        !take(json, "monotonic_ns", ledger.monotonic_ns_) ||
        !take(json, "unix_ns", ledger.unix_ns_) || !take(json, "time_ns", ledger.time_ns_) ||
        runs == json.end() || !runs->is_array() || runs->size() > kRunsMax) {
        return fault("a field is missing or wrong");
    }
    for (const auto& item : *runs) {
        LedgerRun run;
        if (!take_run(item, run)) return fault("a run is incomplete");
        ledger.runs_.push_back(std::move(run));
    }
    return ledger;
}

}  // namespace homeostat
