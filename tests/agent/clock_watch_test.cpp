#include "agent/clock_watch.hpp"

#include <doctest/doctest.h>

#include "tests/support/memory_root.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::MemoryRoot root;
    ClockWatch watch;
    Instant now{.monotonic_ns = seconds(1000).ns, .unix_ns = 1'795'176'000LL * 1'000'000'000};

    Fixture() {
        root.set("proc/uptime", "1000.00 5.00\n");
        CHECK_FALSE(watch.observe(root, now));
    }
    std::optional<Event> pass(Duration monotonic, Duration wall, const char* uptime) {
        now.monotonic_ns += monotonic.ns;
        now.unix_ns += wall.ns;
        root.set("proc/uptime", uptime);
        return watch.observe(root, now);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "clock_watch: a clock that was set is told, with its direction") {
    CHECK_FALSE(pass(seconds(1), seconds(1), "1001.00 5\n"));
    const auto forward = pass(seconds(1), seconds(3601), "1002.00 5\n");
    REQUIRE(forward);
    CHECK(forward->kind == EventKind::ClockStep);
    CHECK(forward->text.view().starts_with("the wall clock was set forward by"));
    const auto back = pass(seconds(1), seconds(-59), "1003.00 5\n");
    REQUIRE(back);
    CHECK(back->text.view().starts_with("the wall clock was set back by"));
    CHECK_FALSE(pass(seconds(1), seconds(1), "1004.00 5\n"));
}

TEST_CASE_FIXTURE(Fixture, "clock_watch: a sleep, a slow tick and a time service are no step") {
    CHECK_FALSE(pass(seconds(1), seconds(8 * 3600), "29800.00 5\n"));  // it slept all night
    CHECK_FALSE(pass(seconds(90), seconds(90), "29890.00 5\n"));
    CHECK_FALSE(pass(seconds(1), milliseconds(1400), "29891.00 5\n"));
    CHECK(pass(seconds(1), seconds(61), "29892.00 5\n"));  // and is still watched afterwards
}

TEST_CASE_FIXTURE(Fixture, "clock_watch: an uptime that cannot be read changes nothing") {
    CHECK(pass(seconds(1), seconds(61), ""));
    CHECK(pass(seconds(1), seconds(61), "x\n"));
    root.remove("proc/uptime");
    CHECK_FALSE(watch.observe(root, now));
}
