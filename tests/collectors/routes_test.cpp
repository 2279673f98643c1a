#include "collectors/routes.hpp"

#include <doctest/doctest.h>

#include "core/parse.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("routes: default routes that lead somewhere are counted") {
    Watch watch;
    RoutesCollector routes(watch.bench);
    REQUIRE(watch.collect(routes, test::load_host("storage-5.15")));
    CHECK(*watch.value("default_routes_ipv4_count") == 1);
    CHECK(*watch.value("default_routes_ipv6_count") == 0);  // lo's refusals only
}

TEST_CASE("routes: a host whose default route is gone has none, not an unknown number") {
    Watch watch;
    RoutesCollector routes(watch.bench);
    test::MemoryRoot root;
    root.set("proc/net/route",
             "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
             "eth0 0000A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
    REQUIRE(watch.collect(routes, root));
    CHECK(*watch.value("default_routes_ipv4_count") == 0);
    CHECK_FALSE(watch.value("default_routes_ipv6_count"));
}

TEST_CASE("routes: unreachable defaults and routes that are down do not count") {
    const std::string head = "Iface Destination Gateway Flags RefCnt Use Metric Mask\n";
    CHECK(*count_default_routes_ipv4(head + "* 00000000 00000000 0201 0 0 0 00000000\n") == 0);
    CHECK(*count_default_routes_ipv4(head + "eth0 00000000 0101A8C0 0002 0 0 0 00000000\n") == 0);
    CHECK(*count_default_routes_ipv4(head + "ppp0 00000000 00000000 0001 0 0 0 00000000\n") == 1);
    CHECK_FALSE(count_default_routes_ipv4(head + "eth0 00000000\n"));
    const std::string zeros(32, '0');
    const std::string gateway = "fe80" + std::string(28, '0');
    CHECK(*count_default_routes_ipv6(zeros + " 00 " + zeros + " 00 " + gateway +
                                     " 400 1 0 00450003 eth0\n") == 1);
    CHECK(*count_default_routes_ipv6(zeros + " 00 " + zeros + " 00 " + zeros +
                                     " ffffffff 1 0 00200200 lo\n") == 0);
    CHECK_FALSE(count_default_routes_ipv6("short\n"));
    for (const std::string& text : test::hostile_texts()) {
        CHECK_FALSE(count_default_routes_ipv4(text));
        if (!trim(text).empty()) CHECK_FALSE(count_default_routes_ipv6(text));
    }
}
