// A ledger and the clocks it is told of, wound by hand.
#pragma once

#include <string>

#include "actions/ledger.hpp"

namespace homeostat::test {

// A host whose clocks are wound by hand.
struct Timeline {
    std::string boot = "boot-1";
    Instant now{.monotonic_ns = 3'600'000'000'000, .unix_ns = 1'800'000'000'000'000'000};
    Ledger ledger;

    void pass(Duration by) {
        now = now + by;
        ledger.advance(boot, now);
    }
    // Off for `off` by the wall clock, then up for `up`.
    void reboot(Duration off, Duration up) {
        boot += "'";
        now = {.monotonic_ns = up.ns, .unix_ns = now.unix_ns + off.ns + up.ns};
        ledger.advance(boot, now);
    }
    bool run(const BudgetRequest& request, Outcome outcome = Outcome::Effective) {
        ledger.advance(boot, now);
        if (!ledger.judge(request).allowed) return false;
        ledger.begin(request);
        ledger.finish(outcome);
        return true;
    }
    std::string why(const BudgetRequest& request) {
        ledger.advance(boot, now);
        return std::string(ledger.judge(request).why.view());
    }
};

inline BudgetRequest on(std::string_view rule, std::string_view target) {
    return {.rule = rule,
            .target = target,
            .limits = {.per_hour = 2, .per_day = 6, .cooldown = Duration{}}};
}

}  // namespace homeostat::test
