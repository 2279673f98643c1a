#include "collectors/conntrack.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("conntrack: how full the table is, and what was lost on all cores") {
    Watch watch;
    ConntrackCollector conntrack(watch.bench);
    REQUIRE(watch.collect(conntrack, test::load_host("debian12-6.1")));
    CHECK(*watch.value("conntrack_entries_count") == 1204);
    CHECK(*watch.value("conntrack_used_ratio") == doctest::Approx(1204.0 / 262144));
    CHECK(*watch.value("conntrack_drops_count") == 4 * 16 + 6);
    CHECK(*watch.value("conntrack_insert_failures_count") == 6);
    CHECK(*watch.value("conntrack_early_drops_count") == 0);
}

TEST_CASE("conntrack: a host that tracks nothing lacks the source") {
    Watch watch;
    ConntrackCollector conntrack(watch.bench);
    CHECK(watch.collect(conntrack, test::load_host("kernel-4.18")).error().code ==
          Errc::NotAvailable);
}

TEST_CASE("conntrack: columns are found by name; one that is not there is unknown") {
    const char* text = "entries  found drop\n0000000a  00000001 00000002\n0000000a  00000001 ff\n";
    CHECK(*sum_stat_column(text, "drop") == 0x101);
    CHECK(*sum_stat_column(text, "found") == 2);
    CHECK_FALSE(sum_stat_column(text, "insert_failed"));
    CHECK_FALSE(sum_stat_column("entries drop\n0000000a\n", "drop"));
    CHECK_FALSE(sum_stat_column("entries drop\n1 x\n", "drop"));
    CHECK_FALSE(sum_stat_column("entries drop\n", "drop"));
    for (const std::string& hostile : test::hostile_texts()) {
        CHECK_FALSE(sum_stat_column(hostile, "drop"));
    }
}
