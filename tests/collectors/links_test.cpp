#include "collectors/links.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("links: carrier, flapping, speed and duplex of the host's interfaces") {
    Watch watch;
    LinksCollector links(watch.bench);
    REQUIRE(watch.collect(links, test::load_host("debian12-6.1")));
    const auto at = [&](std::string_view metric, std::string_view name) {
        return watch.value(metric, SubjectKind::Interface, name);
    };
    CHECK(*at("network_carrier", "ens18") == 1);
    CHECK(*at("network_carrier_changes_count", "ens18") == 3);
    CHECK(*at("network_speed_bytes", "ens18") == 1.25e9);
    CHECK(*at("network_half_duplex", "ens18") == 0);
    CHECK(*at("network_carrier", "docker0") == 0);
    CHECK_FALSE(at("network_speed_bytes", "docker0"));  // -1: it has none
    CHECK_FALSE(at("network_half_duplex", "docker0"));
    CHECK_FALSE(at("network_carrier", "lo"));
    REQUIRE(watch.collect(links, test::load_host("kernel-4.18")));
    CHECK(*at("network_half_duplex", "eth0") == 1);
}

TEST_CASE("links: an interface that is switched off says nothing") {
    Watch watch;
    LinksCollector links(watch.bench);
    test::MemoryRoot root;
    root.set("sys/class/net/eth0/carrier_changes", "4\n");
    root.fail("sys/class/net/eth0/carrier", Errc::Io);
    REQUIRE(watch.collect(links, root));
    CHECK(watch.samples.all().empty());
}
