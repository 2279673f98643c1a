#include "collectors/meminfo.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("meminfo: kibibytes become bytes, huge pages stay a count") {
    Watch watch;
    MeminfoCollector meminfo(watch.bench);
    const auto root = test::load_host("kernel-4.18");
    REQUIRE(watch.collect(meminfo, root));
    CHECK(*watch.value("memory_total_bytes") == 7989004.0 * 1024);
    CHECK(*watch.value("memory_available_bytes") == 312044.0 * 1024);
    CHECK(*watch.value("memory_available_ratio") == doctest::Approx(312044.0 / 7989004));
    CHECK(*watch.value("swap_used_ratio") == 1);
    CHECK(*watch.value("hugepages_total_count") == 64);
    CHECK(*watch.value("hugepages_free_count") == 32);
    CHECK(*watch.value("memory_hardware_corrupted_bytes") == 0);
}

TEST_CASE("meminfo: what a kernel or host does not have is unknown, not zero") {
    Watch watch;
    MeminfoCollector meminfo(watch.bench);
    test::MemoryRoot root;
    root.set("proc/meminfo",
             "MemTotal: 1000 kB\nMemFree: 10 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    REQUIRE(watch.collect(meminfo, root));
    CHECK_FALSE(watch.value("memory_available_bytes"));  // before Linux 3.14
    CHECK_FALSE(watch.value("memory_available_ratio"));
    CHECK_FALSE(watch.value("swap_used_ratio"));  // no swap: neither full nor empty
    CHECK(*watch.value("swap_total_bytes") == 0);
}

TEST_CASE("meminfo: without MemTotal, or with a number that is none, it is a parse error") {
    for (const char* text : {"MemFree: 1 kB\n", "MemTotal: kB\n", "MemTotal: -1 kB\n",
                             "MemTotal:\n", "MemTotal: 18446744073709551615 kB\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_meminfo(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_meminfo(text));
    const std::string good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/meminfo");
    test::parse_all_beginnings(good, [](std::string_view text) { (void)parse_meminfo(text); });
}
