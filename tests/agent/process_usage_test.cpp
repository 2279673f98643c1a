#include "agent/process_usage.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("process_usage: pages become bytes; what is no statm changes nothing") {
    ProcessUsage usage;
    CHECK(parse_statm("1000 250 100 50 0 200 0\n", 4096, usage));
    CHECK(usage.virtual_bytes == 4'096'000);
    CHECK(usage.resident_bytes == 1'024'000);
    for (const char* text : {"", "1000", "x 250", "1000 -1", "99999999999999999999 1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_statm(text, 4096, usage));
        CHECK(usage.resident_bytes == 1'024'000);
    }
}

TEST_CASE(
    "process_usage: how long it waited for a processor; what is no schedstat changes nothing") {
    ProcessUsage usage;
    CHECK(parse_schedstat("81450563 2500000000 377\n", usage));
    CHECK(usage.waited_seconds == doctest::Approx(2.5));
    for (const char* text : {"", "1000", "x 250 1", "1000 -1 1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_schedstat(text, usage));
        CHECK(usage.waited_seconds == doctest::Approx(2.5));
    }
}

TEST_CASE("process_usage: this process uses something of everything") {
    const ProcessUsage usage = read_process_usage();
    CHECK(usage.resident_bytes > 0);
    CHECK(usage.virtual_bytes >= usage.resident_bytes);
    CHECK(usage.open_fds >= 3);
    CHECK(usage.max_fds >= usage.open_fds);
}
