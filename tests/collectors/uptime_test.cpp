#include "collectors/uptime.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("uptime: seconds since boot, or a parse error") {
    CHECK(*parse_uptime("1414.99 2647.86\n") == 1414.99);
    CHECK(*parse_uptime("0.00") == 0);
    for (const char* text : {"", "\n", "x 1\n", "-1 1\n", "nan 1\n", "inf 1\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_uptime(text));
    }
    for (const std::string& text : test::hostile_texts()) (void)parse_uptime(text);
}

TEST_CASE("uptime: reported as a gauge") {
    Watch watch;
    UptimeCollector uptime(watch.bench);
    REQUIRE(watch.collect(uptime, test::load_host("kernel-4.18")));
    CHECK(*watch.value("uptime_seconds") == 5176000);
}
