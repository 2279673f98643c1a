#include "collectors/throttling.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("throttling: summed over cores, or not available") {
    Watch watch;
    ThrottlingCollector throttling(watch.bench);
    REQUIRE(watch.collect(throttling, test::load_host("debian12-6.1")));
    CHECK(*watch.value("cpu_core_throttles_count") == 6);
    CHECK(*watch.value("cpu_package_throttles_count") == 28);
    CHECK(watch.collect(throttling, test::load_host("kernel-4.18")).error().code ==
          Errc::NotAvailable);
}
