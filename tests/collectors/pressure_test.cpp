#include "collectors/pressure.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("pressure: totals in seconds and the last minute's share") {
    Watch watch;
    PressureCollector pressure(watch.bench);
    REQUIRE(watch.collect(pressure, test::load_host("container-6.18")));
    CHECK(*watch.value("pressure_cpu_some_seconds") == doctest::Approx(7.917133));
    CHECK(*watch.value("pressure_io_full_seconds") == doctest::Approx(3.924541));
    CHECK(*watch.value("pressure_io_some_avg60_ratio") == doctest::Approx(0.0051));
    CHECK(*watch.value("pressure_irq_full_seconds") == doctest::Approx(0.001204));
    CHECK_FALSE(watch.value("pressure_irq_some_seconds"));
}

TEST_CASE("pressure: a kernel without any of the files lacks the source") {
    Watch watch;
    PressureCollector pressure(watch.bench);
    const auto status = watch.collect(pressure, test::load_host("kernel-4.18"));
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::NotAvailable);
    CHECK(watch.samples.all().empty());
}

TEST_CASE("pressure: before 5.13 the CPU has no full line, and that is unknown") {
    Watch watch;
    PressureCollector pressure(watch.bench);
    test::MemoryRoot root;
    root.set("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
    REQUIRE(watch.collect(pressure, root));
    CHECK(watch.value("pressure_cpu_some_seconds"));
    CHECK_FALSE(watch.value("pressure_cpu_full_seconds"));
    CHECK_FALSE(watch.value("pressure_memory_some_seconds"));
}

TEST_CASE("pressure: a line without its numbers is a parse error") {
    for (const char* text : {"some avg10=0.00 avg60=0.00 total=\n", "some total=5\n", "some\n",
                             "full avg60=x total=1\n", "some avg60=0.1 total=-5\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_pressure(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_pressure(text));
    const std::string good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/pressure/io");
    test::parse_all_beginnings(good, [](std::string_view text) { (void)parse_pressure(text); });
}

TEST_CASE("pressure: a file that cannot be read makes the source unknown") {
    Watch watch;
    PressureCollector pressure(watch.bench);
    auto root = test::load_host("debian12-6.1");
    root.fail("proc/pressure/memory", Errc::Denied);
    const auto status = watch.collect(pressure, root);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::Denied);
}
