#include "collectors/self.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("self: our own memory, CPU time and threads") {
    Watch watch;
    SelfCollector self(watch.bench);
    REQUIRE(watch.collect(self, test::load_host("debian12-6.1")));
    CHECK(*watch.value("self_rss_bytes") == 1300.0 * 4096);
    CHECK(*watch.value("self_cpu_seconds") == doctest::Approx(2));
    CHECK(*watch.value("self_threads_count") == 2);
}

TEST_CASE("self: without /proc/self there is nothing to say") {
    Watch watch;
    SelfCollector self(watch.bench);
    const auto status = watch.collect(self, test::MemoryRoot{});
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::NotAvailable);
}
