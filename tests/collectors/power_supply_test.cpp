#include "collectors/power_supply.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("power_supply: mains, UPS and batteries; a mouse's battery is nobody's supply") {
    Watch watch;
    PowerSupplyCollector supply(watch.bench);
    REQUIRE(watch.collect(supply, test::load_host("storage-5.15")));
    CHECK(*watch.value("power_online", SubjectKind::Sensor, "AC0") == 0);
    CHECK(*watch.value("battery_charge_ratio", SubjectKind::Sensor, "ups0") ==
          doctest::Approx(0.42));
    CHECK(*watch.value("battery_discharging", SubjectKind::Sensor, "ups0") == 1);
    CHECK_FALSE(watch.value("battery_charge_ratio", SubjectKind::Sensor, "hidpp_battery_0"));
}

TEST_CASE("power_supply: what is no number is unknown") {
    Watch watch;
    PowerSupplyCollector supply(watch.bench);
    test::MemoryRoot root;
    for (const std::string& text : test::hostile_texts()) {
        root.set("sys/class/power_supply/BAT0/capacity", text);
        CHECK(watch.collect(supply, root).error().code == Errc::NotAvailable);
    }
}
