#include "collectors/memory_errors.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("memory errors: summed over controllers, or not available") {
    Watch watch;
    MemoryErrorsCollector errors(watch.bench);
    REQUIRE(watch.collect(errors, test::load_host("debian12-6.1")));
    CHECK(*watch.value("memory_errors_corrected_count") == 6);
    CHECK(*watch.value("memory_errors_uncorrected_count") == 0);
    CHECK(watch.collect(errors, test::load_host("kernel-4.18")).error().code == Errc::NotAvailable);
    test::MemoryRoot empty;
    empty.set("sys/devices/system/edac/mc/uevent", "");
    CHECK(watch.collect(errors, empty).error().code == Errc::NotAvailable);
}
