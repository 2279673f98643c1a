#include "actions/ledger.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/actions/timeline.hpp"

namespace homeostat::test {
namespace {

constexpr std::int64_t kMax = INT64_MAX;
constexpr std::int64_t kMin = INT64_MIN;

TEST_CASE("ledger (RULES C4): two an hour of a rule, six a day, and each comes back in its time") {
    Timeline host;
    CHECK(host.run(on("r", "/a")));
    host.pass(minutes(10));
    CHECK(host.run(on("r", "/b")));
    CHECK_FALSE(host.run(on("r", "/c")));
    CHECK(host.why(on("r", "/c")) == "budget: at most 2 runs of this rule in 1h");
    host.pass(minutes(50) - milliseconds(1));
    CHECK_FALSE(host.run(on("r", "/c")));
    host.pass(milliseconds(1));
    CHECK(host.run(on("r", "/c")));  // the first is an hour old now
    CHECK_FALSE(host.run(on("r", "/c")));
    for (int i = 0; i < 3; ++i) {
        host.pass(hours(2));
        CHECK(host.run(on("r", "/d" + std::to_string(i))));
    }
    host.pass(hours(2));
    CHECK(host.why(on("r", "/e")) == "budget: at most 6 runs of this rule in 1d");
    host.pass(hours(24));
    CHECK(host.run(on("r", "/e")));
}

TEST_CASE("ledger: a target has its budget too, whichever rule acts on it") {
    Timeline host;
    CHECK(host.run(on("r1", "/a")));
    CHECK(host.run(on("r2", "/a")));
    CHECK(host.why(on("r3", "/a")) == "budget: at most 2 runs on this target in 1h");
    CHECK(host.run(on("r3", "/b")));
}

TEST_CASE("ledger (RULES C4): the host has its budget over all rules and targets") {
    Timeline host;
    for (int i = 0; i < 4; ++i) {
        CHECK(host.run(on("r" + std::to_string(i), "/" + std::to_string(i))));
    }
    CHECK(host.why(on("r9", "/9")) == "budget: at most 4 runs of this host in 1h");
}

TEST_CASE("ledger (RULES C4): the cooldown doubles with each run, from its end, up to 6 h") {
    Timeline host;
    BudgetRequest request = on("r", "/a");
    request.limits = {.per_hour = 60, .per_day = 240, .cooldown = minutes(15)};
    request.host_per_hour = 60;
    request.host_per_day = 240;
    Duration wait = minutes(15);
    REQUIRE(host.run(request));
    for (int i = 0; i < 4; ++i) {
        host.pass(wait - milliseconds(1));
        CAPTURE(i);
        CHECK_FALSE(host.run(request));
        CHECK(host.why(request).find("cooldown: it ran") == 0);
        host.pass(milliseconds(1));
        CHECK(host.run(request));
        wait = std::min(wait * 2, hours(6));
    }
    request.target = "/b";
    CHECK(host.run(request));  // another target has a cooldown of its own
    // The run itself does not count as waiting.
    Timeline slow;
    slow.ledger.advance(slow.boot, slow.now);
    slow.ledger.begin(request);
    slow.pass(minutes(60));
    slow.ledger.finish(Outcome::Effective);
    slow.pass(minutes(14));
    CHECK_FALSE(slow.run(request));
    slow.pass(minutes(1));
    CHECK(slow.run(request));
}

TEST_CASE("ledger: one at a time, and an abandoned run counts as failed") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    host.ledger.begin(on("r", "/a"));
    CHECK(host.why(on("other", "/b")) == "one at a time: 'r' is still running on /a");
    CHECK(host.ledger.close_abandoned() == 1);
    CHECK(host.ledger.close_abandoned() == 0);
    REQUIRE(host.ledger.runs().size() == 1);
    CHECK(host.ledger.runs()[0].outcome == Outcome::Failed);
    CHECK(host.run(on("other", "/b")));
}

TEST_CASE("ledger (RULES B22): what did not help twice is out for 6 h, four times until a person") {
    Timeline host;
    BudgetRequest request = on("r", "/a");
    CHECK(host.run(request, Outcome::Ineffective));
    CHECK(host.run(request, Outcome::Failed));
    host.pass(hours(2));
    CHECK(host.why(request).find("breaker: 2 runs in a row did not help, again in") == 0);
    CHECK(host.run(on("r", "/b")));  // elsewhere it may help
    host.pass(hours(4));
    CHECK(host.run(request, Outcome::Ineffective));
    host.pass(hours(2));
    CHECK_FALSE(host.run(request));
    host.pass(hours(4));
    CHECK(host.run(request, Outcome::Ineffective));
    host.pass(hours(24));
    CHECK(host.why(request) == "breaker: 4 runs in a row did not help, a person is needed");
    request.approved = true;
    CHECK(host.run(request, Outcome::Effective));
    request.approved = false;
    host.pass(hours(1));
    CHECK(host.run(request));  // it helped: the row is broken
}

TEST_CASE("ledger (RULES B22): one run that made matters worse opens the breaker at once") {
    Timeline host;
    const BudgetRequest request = on("a", "/x");
    REQUIRE(host.run(request, Outcome::Harmful));
    host.pass(hours(5));
    CHECK(host.ledger.judge(request).why.view().find("breaker") == 0);
    host.pass(hours(2));
    REQUIRE(host.run(request, Outcome::Harmful));
    host.pass(hours(100));  // twice is as bad as four times in vain: a person is needed
    CHECK(host.ledger.judge(request).why.view().find("a person is needed") !=
          std::string_view::npos);
}

TEST_CASE("ledger (RULES B22): harm that is seen later counts for the newest run, for an hour") {
    Timeline host;
    CHECK_FALSE(host.ledger.note_harm("a", "/x"));
    REQUIRE(host.run(on("a", "/x"), Outcome::Effective));
    CHECK_FALSE(host.ledger.note_harm("a", "/y"));
    CHECK_FALSE(host.ledger.note_harm("b", "/x"));
    host.pass(minutes(59));
    CHECK(host.ledger.note_harm("a", "/x"));
    CHECK(host.ledger.runs().back().outcome == Outcome::Harmful);
    host.pass(minutes(2));
    CHECK_FALSE(host.ledger.note_harm("a", "/x"));
}

TEST_CASE("ledger (RULES C4): a rung waits for the failure of the one below, for a day") {
    Timeline host;
    BudgetRequest hard = on("hard", "/x");
    hard.below = "gentle";
    CHECK(host.ledger.judge(hard).why == "ladder: 'gentle' comes first");
    REQUIRE(host.run(on("gentle", "/y"), Outcome::Ineffective));
    CHECK_FALSE(host.ledger.judge(hard).allowed);  // elsewhere
    REQUIRE(host.run(on("gentle", "/x"), Outcome::Ineffective));
    CHECK(host.ledger.judge(hard).allowed);
    host.pass(hours(25));
    CHECK_FALSE(host.ledger.judge(hard).allowed);
    REQUIRE(host.run(on("gentle", "/x"), Outcome::Effective));
    CHECK_FALSE(host.ledger.judge(hard).allowed);
}

TEST_CASE("ledger: a person's approval passes cooldown and breaker, not the budgets") {
    Timeline host;
    BudgetRequest request = on("r", "/a");
    request.limits.cooldown = hours(1);
    CHECK(host.run(request, Outcome::Failed));
    CHECK_FALSE(host.run(request));
    request.approved = true;
    CHECK(host.run(request, Outcome::Failed));
    CHECK(host.why(request).find("budget:") == 0);
}

TEST_CASE("ledger: dry runs have their own budget and touch no other") {
    Timeline host;
    BudgetRequest dry = on("r", "/a");
    dry.dry = true;
    for (std::uint32_t i = 0; i < kDryRunsPerHour; ++i) CHECK(host.run(dry, Outcome::Unknown));
    CHECK(host.why(dry) == "budget: 60 dry runs of this host in 1 h");
    CHECK(host.run(on("r", "/a")));
    host.pass(hours(1) + milliseconds(1));
    CHECK(host.run(dry, Outcome::Unknown));
    CHECK(host.ledger.runs().size() == 2);  // the old dry ones are forgotten
}

TEST_CASE("ledger (RULES D30): a wall clock that jumps gives nothing back and takes nothing") {
    for (const std::int64_t jump : {hours(1).ns, -hours(1).ns, hours(24 * 3650).ns,
                                    -hours(24 * 3650).ns, kMax / 2, kMin / 2}) {
        CAPTURE(jump);
        Timeline host;
        REQUIRE(host.run(on("r", "/a")));
        REQUIRE(host.run(on("r", "/b")));
        host.now.unix_ns = jump;
        CHECK_FALSE(host.run(on("r", "/c")));
        host.pass(minutes(59));
        CHECK_FALSE(host.run(on("r", "/c")));
        host.pass(minutes(1));
        CHECK(host.run(on("r", "/c")));
    }
}

TEST_CASE("ledger: over a reboot time passes by uptime, and by the wall clock up to one hour") {
    struct Row {
        std::string_view what;
        Duration off;
        Duration up;
        bool allowed;
    };
    for (const Row& row :
         {Row{"at once", seconds(10), seconds(20), false},
          Row{"half an hour off", minutes(30), minutes(1), false},
          Row{"an hour off", minutes(60), minutes(1), true},
          Row{"an hour up, the clock went back a year", hours(-24 * 365), minutes(61), true},
          Row{"the clock went back a year", hours(-24 * 365), minutes(5), false},
          Row{"the clock went ahead ten years", hours(24 * 3650), seconds(1), true}}) {
        CAPTURE(row.what);
        Timeline host;
        BudgetRequest request = on("r", "/a");
        REQUIRE(host.run(request));
        REQUIRE(host.run(request));
        host.reboot(row.off, row.up);
        CHECK(host.run(request) == row.allowed);
    }
    // A clock that lies ahead at each boot still gives an hour at most, each time.
    Timeline liar;
    for (int i = 0; i < 6; ++i) {
        REQUIRE(liar.run(on("r", "/a" + std::to_string(i))));
        liar.reboot(hours(24 * 3650), seconds(1));
    }
    CHECK(liar.why(on("r", "/z")) == "budget: at most 6 runs of this rule in 1d");
}

TEST_CASE("ledger (RULES B16): extreme clocks saturate and never wrap") {
    for (const std::int64_t a : {kMin, std::int64_t{-1}, std::int64_t{0}, kMax}) {
        for (const std::int64_t b : {kMin, std::int64_t{0}, kMax}) {
            Ledger ledger;
            ledger.advance("x", {.monotonic_ns = a, .unix_ns = b});
            ledger.begin(on("r", "/a"));
            ledger.finish(Outcome::Effective);
            const std::int64_t before = ledger.time_ns();
            for (const std::int64_t c : {kMax, kMin, std::int64_t{0}, kMax}) {
                ledger.advance("x", {.monotonic_ns = c, .unix_ns = a});
                ledger.advance("y", {.monotonic_ns = c, .unix_ns = b});
                CHECK(ledger.time_ns() >= before);
                CHECK(ledger.judge(on("r", "/a")).allowed ==
                      ledger.judge(on("r", "/a")).why.empty());
            }
        }
    }
}

TEST_CASE("ledger: when it is full nothing runs, and old runs are forgotten") {
    Timeline host;
    BudgetRequest request = on("r", "/a");
    request.limits = {.per_hour = 5000, .per_day = 5000, .cooldown = Duration{}};
    request.host_per_hour = 5000;
    request.host_per_day = 5000;
    for (std::size_t i = 0; i < kRunsMax; ++i) REQUIRE(host.run(request));
    CHECK(host.why(request) == "the ledger is full: 1024 runs in 7 d");
    host.pass(hours(7 * 24) + milliseconds(1));
    CHECK(host.run(request));
    CHECK(host.ledger.runs().size() == 1);
}

TEST_CASE("ledger: an approval in advance holds for its time, also over a new start") {
    Timeline host;
    host.ledger.advance(host.boot, host.now);
    REQUIRE(host.ledger.approve("r", "/a", hours(2)));
    host.ledger = *Ledger::parse(host.ledger.to_text());
    CHECK(host.ledger.is_approved("r", "/a"));
    CHECK_FALSE(host.ledger.is_approved("r", "/b"));
    CHECK_FALSE(host.ledger.is_approved("s", "/a"));
    host.now.unix_ns += hours(9000).ns;  // the wall clock decides nothing (RULES D30)
    host.pass(hours(2) - milliseconds(1));
    CHECK(host.ledger.is_approved("r", "/a"));
    host.pass(milliseconds(1));
    CHECK_FALSE(host.ledger.is_approved("r", "/a"));
    REQUIRE(host.ledger.approve("r", "/a", hours(2)));
    REQUIRE(host.ledger.approve("r", "/a", Duration{}));
    CHECK_FALSE(host.ledger.is_approved("r", "/a"));
}

TEST_CASE("ledger: approvals in advance are few") {
    Ledger ledger;
    for (std::size_t i = 0; i < kApprovalsMax; ++i) {
        REQUIRE(ledger.approve("r", std::to_string(i), hours(1)));
    }
    CHECK_FALSE(ledger.approve("r", "one more", hours(1)));
    CHECK(ledger.approve("r", "0", hours(2)));  // longer, in its own place
}

TEST_CASE("ledger (RULES B23): a rule earns auto by 20 approved runs of which 95 % helped") {
    Timeline host;
    BudgetRequest request = on("r", "/a");
    request.limits.per_day = 100;
    const auto run = [&](Outcome outcome, bool recommended) {
        host.pass(hours(1));
        request.recommended = recommended;
        request.approved = recommended;
        REQUIRE(host.run(request, outcome));
    };
    for (int i = 0; i < 5; ++i) run(Outcome::Effective, false);  // nobody approved these
    run(Outcome::Ineffective, true);
    for (int i = 0; i < 18; ++i) run(Outcome::Effective, true);
    CHECK_FALSE(host.ledger.record_of("r").has_earned_auto());
    run(Outcome::Effective, true);
    CHECK(host.ledger.record_of("r").has_earned_auto());
    host.pass(hours(24 * 30));  // the runs are forgotten, the record is not
    host.ledger = *Ledger::parse(host.ledger.to_text());
    CHECK(host.ledger.record_of("r").approved == 20);
    CHECK(host.ledger.record_of("r").effective == 19);
    run(Outcome::Unknown, true);
    CHECK_FALSE(host.ledger.record_of("r").has_earned_auto());
    CHECK_FALSE(host.ledger.record_of("other").has_earned_auto());
}

// The reference: keeps every run for ever with the time it was allowed at, and counts anew.
class Model {
public:
    struct Entry {
        int rule;
        int target;
        std::int64_t at;
        Outcome outcome;
    };

    // Rule 2 is the rung above rule 1.
    bool allows(int rule, int target, const ActionLimits& limits, std::int64_t now) const {
        const auto within = [&](Duration window, auto&& wanted) {
            std::uint32_t count = 0;
            for (const Entry& e : entries_) count += e.at > now - window.ns && wanted(e) ? 1 : 0;
            return count;
        };
        const auto any = [](const Entry&) { return true; };
        const auto same_rule = [&](const Entry& e) { return e.rule == rule; };
        const auto same_target = [&](const Entry& e) { return e.target == target; };
        if (within(hours(1), same_rule) >= limits.per_hour) return false;
        if (within(hours(24), same_rule) >= limits.per_day) return false;
        if (within(hours(1), same_target) >= limits.per_hour) return false;
        if (within(hours(24), same_target) >= limits.per_day) return false;
        if (within(hours(1), any) >= kHostPerHour || within(hours(24), any) >= kHostPerDay) {
            return false;
        }
        if (rule == 2 && !has_failed(1, target, now)) return false;
        return breaker_is_closed(rule, target, now) && is_cool(rule, target, limits, now);
    }
    void add(Entry entry) { entries_.push_back(entry); }

private:
    bool has_failed(int rule, int target, std::int64_t now) const {
        const Entry* newest = nullptr;
        for (const Entry& e : entries_) {
            if (e.rule == rule && e.target == target) newest = &e;
        }
        return newest != nullptr && newest->outcome != Outcome::Effective &&
               newest->at > now - hours(24).ns;
    }
    bool breaker_is_closed(int rule, int target, std::int64_t now) const {
        int in_a_row = 0;
        std::int64_t last = 0;
        for (const Entry& e : entries_) {
            if (e.rule != rule || e.target != target || e.at < now - hours(7 * 24).ns) continue;
            const int weight = e.outcome == Outcome::Harmful ? 2 : 1;
            in_a_row = e.outcome == Outcome::Effective ? 0 : in_a_row + weight;
            last = e.at;
        }
        return in_a_row < 2 || (in_a_row < 4 && now >= last + hours(6).ns);
    }
    bool is_cool(int rule, int target, const ActionLimits& limits, std::int64_t now) const {
        std::int64_t wait = 0;
        std::int64_t last = 0;
        for (const Entry& e : entries_) {
            if (e.rule != rule || e.target != target || e.at <= now - hours(24).ns) continue;
            wait = wait == 0 ? limits.cooldown.ns : std::min(wait * 2, hours(6).ns);
            last = e.at;
        }
        return wait == 0 || now >= last + wait;
    }
    std::vector<Entry> entries_;
};

// One random life of a host: requests, waits, restarts of the actuator, reboots, clock steps.
void live(std::uint32_t seed, int steps, bool through_text) {
    std::minstd_rand random(seed);
    const auto dice = [&](std::uint32_t sides) { return static_cast<int>(random() % sides); };
    static const std::array<std::string, 3> kRules{"a", "b", "c"};
    static const std::array<std::string, 3> kTargets{"/x", "/y", "/z"};
    const ActionLimits limits{.per_hour = static_cast<std::uint32_t>(1 + dice(3)),
                              .per_day = static_cast<std::uint32_t>(2 + dice(5)),
                              .cooldown = minutes(dice(40))};
    Timeline host;
    Model model;
    std::int64_t true_ns = 0;
    host.ledger.advance(host.boot, host.now);
    for (int step = 0; step < steps; ++step) {
        switch (dice(8)) {
            case 0: {  // the wall clock is set
                host.now.unix_ns += hours(dice(20'000) - 10'000).ns;
                break;
            }
            case 1: {  // reboot with a true clock
                const Duration off = minutes(dice(180));
                const Duration up = minutes(dice(5));
                host.ledger.advance(host.boot, host.now);
                host.reboot(off, up);
                true_ns += std::max(up.ns, std::min((off + up).ns, hours(1).ns));
                break;
            }
            case 2:
            case 3: {
                const Duration by = minutes(dice(240));
                host.pass(by);
                true_ns += by.ns;
                break;
            }
            case 4: {
                if (!through_text) break;
                auto again = Ledger::parse(host.ledger.to_text());  // the actuator starts anew
                REQUIRE(again);
                host.ledger = std::move(*again);
                break;
            }
            default: {
                const int rule = dice(3);
                const int target = dice(3);
                static constexpr std::array kEnds{Outcome::Effective, Outcome::Effective,
                                                  Outcome::Ineffective, Outcome::Harmful};
                const Outcome end = kEnds[static_cast<std::size_t>(dice(4))];
                BudgetRequest request = on(kRules[static_cast<std::size_t>(rule)],
                                           kTargets[static_cast<std::size_t>(target)]);
                request.limits = limits;
                if (rule == 2) request.below = kRules[1];
                const bool expected = model.allows(rule, target, limits, true_ns);
                const bool ran = host.run(request, end);
                if (ran != expected) {
                    CAPTURE(seed);
                    CAPTURE(step);
                    REQUIRE(ran == expected);
                }
                if (ran) model.add({rule, target, true_ns, end});
            }
        }
    }
}

// The goal is 10^6 histories (RULES D20): HOMEOSTAT_LEDGER_HISTORIES=1000000 runs them all.
TEST_CASE("ledger (RULES B28, D20): random histories agree with a reference model, step by step") {
    const char* wanted = std::getenv("HOMEOSTAT_LEDGER_HISTORIES");
    const auto histories = wanted == nullptr
                               ? 100'000U
                               : static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 10));
    for (std::uint32_t seed = 1; seed <= histories; ++seed) live(seed, 40, seed % 50 == 0);
    CHECK(histories > 0);
}

TEST_CASE("ledger: runs that were approved in advance are counted by rule, target and time") {
    Timeline host;
    BudgetRequest request = on("r", "/a");
    request.recommended = true;
    REQUIRE(host.run(request));
    host.pass(hours(2));
    REQUIRE(host.run(request));
    BudgetRequest by_person = on("r", "/b");
    by_person.recommended = by_person.approved = true;
    REQUIRE(host.run(by_person));
    REQUIRE(host.run(on("s", "/c")));
    CHECK(host.ledger.approved_runs("r", "/a", hours(3)) == 2);
    CHECK(host.ledger.approved_runs("r", "/a", hours(1)) == 1);
    CHECK(host.ledger.approved_runs("r", "/b", hours(3)) == 0);  // the person's own
    CHECK(host.ledger.approved_runs("", "", hours(3)) == 2);
    CHECK(host.ledger.approved_runs("s", "/c", hours(3)) == 0);
}

}  // namespace
}  // namespace homeostat::test
