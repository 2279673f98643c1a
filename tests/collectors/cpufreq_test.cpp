#include "collectors/cpufreq.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("cpufreq: clocks against the most they could be, a limit, cores offline") {
    Watch watch;
    CpufreqCollector cpufreq(watch.bench);
    REQUIRE(watch.collect(cpufreq, test::load_host("storage-5.15")));
    CHECK(*watch.value("cpu_frequency_ratio") == doctest::Approx((0.5 + 1.0) / 2));
    CHECK(*watch.value("cpu_frequency_limit_ratio") == doctest::Approx(0.5));
    CHECK(*watch.value("cpus_offline_count") == 1);
}

TEST_CASE("cpufreq: lists of cores") {
    const std::pair<const char*, std::uint32_t> rows[] = {
        {"0", 1}, {"0-3", 4}, {"0-3,8", 5}, {"0,2,4-5", 4}};
    for (const auto& [text, count] : rows) CHECK(*count_cpu_list(text) == count);
    for (const char* text : {"", ",", "0-", "-1", "3-0", "0-99999999", "0,", "a", "0 1"}) {
        CAPTURE(text);
        CHECK_FALSE(count_cpu_list(text));
    }
    std::string many = "0-60000";
    for (int i = 0; i < 100; ++i) many += ",0-60000";
    CHECK_FALSE(count_cpu_list(many));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(count_cpu_list(text));
}
