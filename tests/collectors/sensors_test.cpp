#include "collectors/sensors.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("sensors: temperatures in degrees and against their critical limit, and fans") {
    Watch watch;
    SensorsCollector sensors(watch.bench);
    REQUIRE(watch.collect(sensors, test::load_host("debian12-6.1")));
    const auto at = [&](std::string_view metric, std::string_view name) {
        return watch.value(metric, SubjectKind::Sensor, name);
    };
    CHECK(*at("sensor_temperature_celsius", "coretemp-hwmon0/temp1") == doctest::Approx(52));
    CHECK(*at("sensor_temperature_critical_ratio", "coretemp-hwmon0/temp1") ==
          doctest::Approx(0.52));
    CHECK(*at("sensor_alarm", "coretemp-hwmon0/temp2") == 0);
    CHECK(*at("sensor_fan_rpm", "nct6775-hwmon1/fan1") == 1204);
    CHECK(*at("sensor_alarm", "nct6775-hwmon1/fan1") == 0);
    CHECK(*watch.value("sensors_untracked_count") == 0);
}

TEST_CASE("sensors: one that does not answer is left out, below zero is a temperature") {
    Watch watch;
    SensorsCollector sensors(watch.bench);
    test::MemoryRoot root;
    root.set("sys/class/hwmon/hwmon0/temp1_input", "-5000\n");
    root.set("sys/class/hwmon/hwmon0/temp1_crit", "0\n");
    root.set("sys/class/hwmon/hwmon0/temp2_input", "");
    root.set("sys/class/hwmon/hwmon0/in0_input", "1200\n");
    REQUIRE(watch.collect(sensors, root));
    CHECK(*watch.value("sensor_temperature_celsius", SubjectKind::Sensor, "chip-hwmon0/temp1") ==
          doctest::Approx(-5));
    CHECK(watch.samples.all().size() == 2);
}

TEST_CASE("sensors: a chip's alarms of voltages, currents and supplies") {
    Watch watch;
    SensorsCollector sensors(watch.bench);
    test::MemoryRoot root;
    const std::string chip = "sys/class/hwmon/hwmon2/";
    root.set(chip + "name", "nct6775\n");
    root.set(chip + "in0_alarm", "0\n");
    root.set(chip + "in0_min_alarm", "1\n");
    root.set(chip + "curr1_crit_alarm", "1\n");
    root.set(chip + "power1_alarm", "0\n");
    for (const char* other :
         {"intrusion0_alarm", "in0_input", "in_alarm", "_alarm", "beep_enable"}) {
        root.set(chip + other, "1\n");
    }
    REQUIRE(watch.collect(sensors, root));
    const auto alarm = [&](const char* place) {
        return watch.value("sensor_alarm", SubjectKind::Sensor,
                           "nct6775-hwmon2/" + std::string(place));
    };
    CHECK(*alarm("in0") == 0);
    CHECK(*alarm("in0_min") == 1);
    CHECK(*alarm("curr1_crit") == 1);
    CHECK(*alarm("power1") == 0);
    CHECK(watch.samples.all().size() == 5);  // and how many had no room
}

TEST_CASE("sensors: without one the source is lacking, with too many they are counted") {
    Watch watch;
    SensorsCollector sensors(watch.bench);
    test::MemoryRoot root;
    CHECK(watch.collect(sensors, root).error().code == Errc::NotAvailable);
    for (int i = 0; i < 130; ++i) {
        root.set("sys/class/hwmon/hwmon0/fan" + std::to_string(i) + "_input", "1\n");
    }
    REQUIRE(watch.collect(sensors, root));
    CHECK(*watch.value("sensors_untracked_count") == 2);
}
