#include "collectors/bonding.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("bonding: members and those whose link is down") {
    Watch watch;
    BondingCollector bonding(watch.bench);
    REQUIRE(watch.collect(bonding, test::load_host("storage-5.15")));
    CHECK(*watch.value("bond_members_count", SubjectKind::Interface, "bond0") == 2);
    CHECK(*watch.value("bond_members_down_count", SubjectKind::Interface, "bond0") == 1);
}

TEST_CASE("bonding: the bond's own status is no member's") {
    const auto alone = parse_bonding("Ethernet Channel Bonding Driver: v5\n\nMII Status: down\n");
    REQUIRE(alone);
    CHECK(alone->all == 0);
    CHECK(alone->down == 0);
    CHECK_FALSE(parse_bonding("Ethernet Channel Bonding Driver: v5\nSlave Interface: eth0\n"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_bonding(text));
}

TEST_CASE("bonding: a file of another kind is an error, no bond a host without the source") {
    Watch watch;
    BondingCollector bonding(watch.bench);
    test::MemoryRoot root;
    CHECK(watch.collect(bonding, root).error().code == Errc::NotAvailable);
    root.set("proc/net/bonding/bond0", "something else\n");
    CHECK(watch.collect(bonding, root).error().code == Errc::Parse);
}
