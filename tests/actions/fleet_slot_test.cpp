#include "actions/fleet_slot.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace homeostat;

namespace {

constexpr std::int64_t kStart = 1'790'000'000LL * 1'000'000'000;  // a day in 2026
constexpr FleetTurns kFiftieth{0.02, minutes(5)};

std::string host(int number) {
    return fmt::format("machine-{:08x}", number);
}

}  // namespace

TEST_CASE("fleet slot: without a share every host may act at any time") {
    for (std::int64_t unix_ns : {std::int64_t{0}, kStart, -kStart}) {
        CHECK(until_turn({}, "a", unix_ns).ns == 0);
    }
}

TEST_CASE("fleet slot: a share becomes so many slots") {
    struct Row {
        double at_once;
        std::uint32_t slots;
    };
    for (const Row& row : {Row{1, 1}, Row{0.5, 2}, Row{0.02, 50}, Row{0.3, 4}, Row{0.001, 1000},
                           Row{0, 1000}, Row{7, 1}}) {
        CAPTURE(row.at_once);
        CHECK(slots_of({row.at_once, minutes(5)}) == row.slots);
    }
}

TEST_CASE("fleet slot: the wait that is told ends in a turn, and every host gets one") {
    for (int number = 0; number < 200; ++number) {
        const Duration wait = until_turn(kFiftieth, host(number), kStart);
        CHECK(wait <= minutes(5) * 100);
        CHECK(until_turn(kFiftieth, host(number), kStart + wait.ns).ns == 0);
    }
}

// RULES B24, D21: hub gone, one fault on all hosts: at most 2f of them act in any slot.
TEST_CASE("fleet slot (RULES B24): of ten thousand hosts never more than twice the share at once") {
    constexpr int kHosts = 10'000;
    for (std::int64_t slot = 0; slot < 50; ++slot) {
        const std::int64_t now = kStart + slot * minutes(5).ns + seconds(1).ns;
        int acting = 0;
        for (int number = 0; number < kHosts; ++number) {
            acting += until_turn(kFiftieth, host(number), now).ns == 0 ? 1 : 0;
        }
        CAPTURE(slot);
        CHECK(acting > 0);
        CHECK(acting <= 2 * kHosts / 50);
    }
}

TEST_CASE("fleet slot: another day is another slot for most hosts") {
    int same = 0;
    for (int number = 0; number < 1000; ++number) {
        const std::int64_t midnight = kStart - kStart % hours(24).ns;
        const auto today = until_turn(kFiftieth, host(number), midnight);
        const auto tomorrow = until_turn(kFiftieth, host(number), midnight + hours(24).ns);
        same += today == tomorrow ? 1 : 0;
    }
    CHECK(same < 100);
}
