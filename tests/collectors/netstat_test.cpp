#include "collectors/netstat.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("netstat: TCP's and UDP's accounts under one name on every kernel") {
    Watch watch;
    NetstatCollector netstat(watch.bench);
    REQUIRE(watch.collect(netstat, test::load_host("debian12-6.1")));
    CHECK(*watch.value("tcp_segments_retransmitted_count") == 10123);
    CHECK(*watch.value("tcp_segments_sent_count") == 8123456);
    CHECK(*watch.value("tcp_established_count") == 42);
    CHECK(*watch.value("tcp_connect_failures_count") == 33);
    CHECK(*watch.value("tcp_listen_overflows_count") == 7);
    CHECK(*watch.value("tcp_listen_drops_count") == 9);
    CHECK(*watch.value("udp_receive_buffer_errors_count") == 3);
    CHECK(*watch.value("udp_no_port_count") == 12);
}

TEST_CASE("netstat: a column that a kernel does not have is unknown") {
    Watch watch;
    NetstatCollector netstat(watch.bench);
    test::MemoryRoot root;
    root.set("proc/net/snmp", "Tcp: MaxConn OutSegs\nTcp: -1 5\n");
    root.set("proc/net/netstat", "TcpExt: ListenDrops\nTcpExt: 2\n");
    REQUIRE(watch.collect(netstat, root));
    CHECK(*watch.value("tcp_segments_sent_count") == 5);
    CHECK_FALSE(watch.value("tcp_segments_retransmitted_count"));
    CHECK(watch.samples.all().size() == 2);
}

TEST_CASE("netstat: lines that do not pair are a parse error that quotes them") {
    const auto ignore = [](std::string_view, std::string_view, std::uint64_t) {};
    CHECK(parse_netstat("", ignore));
    for (const char* text : {"Tcp: A B\n", "Tcp: A\nUdp: 1\n", "Tcp A\nTcp 1\n",
                             "Tcp: A B\nTcp: 1\n", "Tcp: A\nTcp: x\n", ": A\n: 1\n"}) {
        CAPTURE(text);
        const auto status = parse_netstat(text, ignore);
        REQUIRE_FALSE(status);
        CHECK(status.error().code == Errc::Parse);
    }
    for (const std::string& text : test::hostile_texts()) (void)parse_netstat(text, ignore);
    const auto good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/net/snmp");
    test::parse_all_beginnings(good,
                               [&](std::string_view text) { (void)parse_netstat(text, ignore); });
}
