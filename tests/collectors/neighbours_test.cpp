#include "collectors/neighbours.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("neighbours: how full both tables are, and how often they overflowed") {
    Watch watch;
    NeighboursCollector neighbours(watch.bench);
    REQUIRE(watch.collect(neighbours, test::load_host("storage-5.15")));
    CHECK(*watch.value("neighbours_ipv4_count") == 0x3E0);
    CHECK(*watch.value("neighbours_ipv4_used_ratio") == doctest::Approx(992.0 / 1024));
    CHECK(*watch.value("neighbours_ipv4_overflows_count") == 0x11 + 0x2);
    CHECK(*watch.value("neighbours_ipv6_count") == 5);
    CHECK(*watch.value("neighbours_ipv6_overflows_count") == 0);
}

TEST_CASE("neighbours: a kernel that counts no overflows still tells the entries") {
    Watch watch;
    NeighboursCollector neighbours(watch.bench);
    test::MemoryRoot root;
    root.set("proc/net/stat/arp_cache", "entries  allocs\n00000007  00000009\n");
    REQUIRE(watch.collect(neighbours, root));
    CHECK(*watch.value("neighbours_ipv4_count") == 7);
    CHECK_FALSE(watch.value("neighbours_ipv4_overflows_count"));
    CHECK_FALSE(watch.value("neighbours_ipv4_used_ratio"));
}

TEST_CASE("neighbours: the size stands on every core's line and counts once") {
    CHECK(*first_stat_column("a entries\n1 0000000a\n1 0000000a\n", "entries") == 10);
    CHECK_FALSE(first_stat_column("a entries\n1\n", "entries"));
    CHECK_FALSE(first_stat_column("a entries\n1 z\n", "entries"));
    CHECK_FALSE(first_stat_column("a entries\n", "entries"));
    for (const std::string& text : test::hostile_texts()) {
        CHECK_FALSE(first_stat_column(text, "entries"));
    }
}
