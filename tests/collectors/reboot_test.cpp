#include "collectors/reboot.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("reboot: yes, no, or unknown where nobody would say so") {
    Watch watch;
    RebootCollector reboot(watch.bench);
    REQUIRE(watch.collect(reboot, test::load_host("debian12-6.1")));
    CHECK(*watch.value("reboot_required") == 1);
    REQUIRE(watch.collect(reboot, test::load_host("container-6.18")));
    CHECK(*watch.value("reboot_required") == 0);
    CHECK(watch.collect(reboot, test::load_host("kernel-4.18")).error().code == Errc::NotAvailable);
    auto closed = test::load_host("debian12-6.1");
    closed.fail("run/reboot-required", Errc::Denied);
    CHECK(watch.collect(reboot, closed).error().code == Errc::Denied);
}
