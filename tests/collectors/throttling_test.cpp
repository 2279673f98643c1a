#include "collectors/throttling.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("throttling: summed over cores and packages, or not available") {
    Watch watch;
    ThrottlingCollector throttling(watch.bench);
    REQUIRE(watch.collect(throttling, test::load_host("debian12-6.1")));
    CHECK(*watch.value("cpu_core_throttles_count") == 4);  // two cores of two threads
    CHECK(*watch.value("cpu_package_throttles_count") == 7);
    CHECK(watch.collect(throttling, test::load_host("kernel-4.18")).error().code ==
          Errc::NotAvailable);
}

TEST_CASE("throttling: a count that only one CPU shows, or of an unknown neighbourhood, is kept") {
    test::MemoryRoot root;
    const std::string top = "sys/devices/system/cpu/cpu";
    for (const auto* cpu : {"0", "1"}) {
        root.set(top + cpu + "/thermal_throttle/core_throttle_count", "2\n");
    }
    Watch watch;
    ThrottlingCollector throttling(watch.bench);
    REQUIRE(watch.collect(throttling, root));
    CHECK(*watch.value("cpu_core_throttles_count") == 4);
    // Wrong text in the list is no reason to lose the count; CPU 0 is off line below.
    for (const auto& [list, expected] :
         {std::pair{"\n", 4.0}, {"x", 4.0}, {"0-1", 2.0}, {"1", 2.0}, {"10-11", 0.0}}) {
        CAPTURE(list);
        for (const auto* cpu : {"0", "1"}) {
            root.set(top + cpu + "/topology/thread_siblings_list", list);
        }
        REQUIRE(watch.collect(throttling, root));
        CHECK(*watch.value("cpu_core_throttles_count") == expected);
    }
}
