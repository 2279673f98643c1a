#include "actions/host_guards.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/support/memory_root.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

Instant at(Duration uptime, std::int64_t unix_s = 1'790'000'000) {
    return {.monotonic_ns = uptime.ns, .unix_ns = unix_s * 1'000'000'000};
}

constexpr const char* kCalm =
    "some avg10=0.00 avg60=1.20 avg300=0.00 total=1\n"
    "full avg10=0.00 avg60=0.50 avg300=0.00 total=1\n";

}  // namespace

// RULES C4: a person's stop wins over everything.
TEST_CASE("host guards (RULES C4): pause, maintenance and what hides there stop everything") {
    const test::TemporaryDirectory state;
    CHECK(check_stops(state.path()));
    for (const char* name : {"pause", "maintenance"}) {
        REQUIRE(::symlink("/nonexistent", (state / name).c_str()) == 0);
        CHECK_FALSE(check_stops(state.path()));
        REQUIRE(::unlink((state / name).c_str()) == 0);
        state.write(name, "");
        CHECK_FALSE(check_stops(state.path()));
        REQUIRE(::unlink((state / name).c_str()) == 0);
    }
    state.write("file", "");
    CHECK_FALSE(check_stops(state / "file"));  // not even a directory to look into
}

TEST_CASE("host guards (RULES C4): nothing runs right after boot") {
    AllowList list;
    CHECK_FALSE(check_boot_grace(list, at(minutes(4))));
    CHECK(check_boot_grace(list, at(minutes(5))));
    list.grace_after_boot = Duration{};
    CHECK(check_boot_grace(list, at(Duration{})));
}

TEST_CASE("host guards (RULES B24): a host acts in its turn only, and never without an identity") {
    AllowList list;
    test::MemoryRoot root;
    CHECK(check_turn(list, root, at(hours(1))));  // no fleet, no turns
    list.fleet = {0.02, minutes(5)};
    CHECK_FALSE(check_turn(list, root, at(hours(1))));
    root.set("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    int turns = 0;
    for (int slot = 0; slot < 50; ++slot) {
        turns += check_turn(list, root, at(hours(1), 1'790'000'000 + slot * 300)) ? 1 : 0;
    }
    CHECK(turns >= 1);
    CHECK(turns <= 2);  // two when the day changes on the way
}

TEST_CASE("host guards (RULES C4): a host that hardly works gets relief only") {
    test::MemoryRoot root;
    CHECK(check_pressure(root));
    root.set("proc/pressure/memory", kCalm);
    CHECK(check_pressure(root));
    root.set("proc/pressure/memory",
             "some avg10=0 avg60=99 avg300=0 total=1\n"
             "full avg10=0 avg60=40.0 avg300=0 total=1\n");
    const auto memory = check_pressure(root);
    REQUIRE_FALSE(memory);
    CHECK(memory.error().text.view().find("memory") != std::string_view::npos);
    root.set("proc/pressure/memory", kCalm);
    root.set("proc/pressure/cpu", "some avg10=0 avg60=99.5 avg300=0 total=1\n");
    CHECK(check_pressure(root));  // busy is not broken
}

TEST_CASE("host guards: of a pressure file that says nothing usable nothing is concluded") {
    CHECK(stall_percent(kCalm, "some", "avg60=") == doctest::Approx(1.2));
    CHECK(stall_percent(kCalm, "full", "avg60=") == doctest::Approx(0.5));
    for (const std::string_view text :
         {"", "some", "full avg10=1\n", "some avg60=x\n", "some avg60=", "\n\n", "avg60=5\n"}) {
        CAPTURE(text);
        CHECK(stall_percent(text, "some", "avg60=") < 0);
    }
}
