#include "collectors/fabric.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("fabric: ports and sessions that are down, errors on the link") {
    Watch watch;
    FabricCollector fabric(watch.bench);
    REQUIRE(watch.collect(fabric, test::load_host("storage-5.15")));
    const auto at = [&](std::string_view metric, std::string_view name) {
        return *watch.value(metric, SubjectKind::Device, name);
    };
    CHECK(at("fibre_channel_port_down", "host1") == 0);
    CHECK(at("fibre_channel_port_down", "host2") == 1);
    CHECK(at("iscsi_session_down", "session1") == 1);
    CHECK(at("infiniband_port_down", "mlx5_0/1") == 0);
    CHECK(at("infiniband_symbol_errors_count", "mlx5_0/1") == 17);
    CHECK(at("infiniband_link_downs_count", "mlx5_0/1") == 2);
}

TEST_CASE("fabric: a host without any lacks the source") {
    Watch watch;
    FabricCollector fabric(watch.bench);
    const test::MemoryRoot root;
    CHECK(watch.collect(fabric, root).error().code == Errc::NotAvailable);
}
