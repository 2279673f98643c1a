#include "collectors/sockstat.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("sockstat: sockets by what they do, and their memory in bytes") {
    Watch watch;
    SockstatCollector sockstat(watch.bench);
    REQUIRE(watch.collect(sockstat, test::load_host("debian12-6.1")));
    CHECK(*watch.value("sockets_used_count") == 312);
    CHECK(*watch.value("tcp_sockets_count") == 42);
    CHECK(*watch.value("tcp_orphans_count") == 1);
    CHECK(*watch.value("tcp_time_wait_count") == 17);
    CHECK(*watch.value("tcp_memory_bytes") == 65 * 4096.0);
    CHECK(*watch.value("udp_sockets_count") == 8);
}

TEST_CASE("sockstat: without its first line it is a parse error, other lines may be absent") {
    CHECK(parse_sockstat("sockets: used 1\n"));
    CHECK_FALSE(parse_sockstat("sockets: used 1\n")->tcp_in_use);
    CHECK_FALSE(parse_sockstat("sockets: used 1\nTCP: inuse\n")->tcp_in_use);
    for (const char* text : {"", "TCP: inuse 1\n", "sockets: used\n", "sockets: used x\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_sockstat(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_sockstat(text));
}
