#include "collectors/clocksource.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("clocksource: a device instead of the processor's counter is slow") {
    Watch watch;
    ClocksourceCollector clocksource(watch.bench);
    REQUIRE(watch.collect(clocksource, test::load_host("storage-5.15")));
    CHECK(*watch.value("clocksource_slow") == 1);
    CHECK(*watch.value("entropy_available_bits") == 256);
}

TEST_CASE("clocksource: names, as the kernel spells them") {
    for (const char* name : {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"}) {
        CHECK(is_slow_clocksource(name));
    }
    for (const char* name : {"tsc", "kvm-clock", "arch_sys_counter", "xen", ""}) {
        CHECK_FALSE(is_slow_clocksource(name));
    }
}
