#include "collectors/limits.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("limits: how much of what the kernel has only so many is used") {
    Watch watch;
    LimitsCollector limits(watch.bench);
    REQUIRE(watch.collect(limits, test::load_host("kernel-4.18")));
    CHECK(*watch.value("file_handles_used_count") == 9120);
    CHECK(*watch.value("file_handles_used_ratio") == doctest::Approx(9120.0 / 789012));
    CHECK(*watch.value("pids_used_count") == 812);
    CHECK(*watch.value("pids_used_ratio") == doctest::Approx(812.0 / 32768));
    CHECK_FALSE(watch.value("aio_requests_used_ratio"));  // this host does not say
    REQUIRE(watch.collect(limits, test::load_host("debian12-6.1")));
    CHECK(*watch.value("pids_used_ratio") == doctest::Approx(312.0 / 127000));  // the lower limit
    CHECK(*watch.value("aio_requests_used_ratio") == doctest::Approx(64.0 / 65536));
}

TEST_CASE("limits: file-nr is three numbers") {
    CHECK(parse_file_nr("10\t4\t100\n")->used == 6);
    CHECK(parse_file_nr("10\t4\t100\n")->limit == 100);
    for (const char* text : {"", "10 4\n", "10 4 100 1\n", "4 10 100\n", "a b c\n", "-1 0 5\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_file_nr(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_file_nr(text));
}

TEST_CASE("limits: the thread count is behind the stroke") {
    CHECK(*parse_thread_count("0.21 0.37 0.39 1/719 19737\n") == 719);
    for (const char* text : {"", "1 2 3\n", "1 2 3 719 5\n", "1 2 3 1/x 5\n", "1 2 3 1/ 5\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_thread_count(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_thread_count(text));
}
