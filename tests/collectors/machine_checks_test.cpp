#include "collectors/machine_checks.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("machine_checks: the rows of /proc/interrupts, over all cores") {
    Watch watch;
    MachineChecksCollector checks(watch.bench);
    REQUIRE(watch.collect(checks, test::load_host("storage-5.15")));
    CHECK(*watch.value("machine_checks_count") == 3);
    CHECK(*watch.value("machine_thermal_events_count") == 0);
    CHECK(*watch.value("machine_error_thresholds_count") == 4);
    CHECK_FALSE(watch.value("machine_deferred_errors_count"));  // Intel has no such row
}

TEST_CASE("machine_checks: rows by their whole name") {
    CHECK(*sum_interrupt_row(" MCE:  1  2   Machine check exceptions\n", "MCE") == 3);
    CHECK_FALSE(sum_interrupt_row(" XMCE:  1  2\n", "MCE"));
    CHECK_FALSE(sum_interrupt_row(" MCE: none\n", "MCE"));
    for (const std::string& text : test::hostile_texts()) {
        CHECK_FALSE(sum_interrupt_row(text, "MCE"));
    }
}
