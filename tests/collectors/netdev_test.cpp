#include "collectors/netdev.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

const std::string kHead =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n";

}  // namespace

TEST_CASE("netdev: the host's own interfaces with all their counts") {
    Watch watch;
    NetdevCollector netdev(watch.bench);
    REQUIRE(watch.collect(netdev, test::load_host("debian12-6.1")));
    const auto ens18 = [&](std::string_view metric) {
        return *watch.value(metric, SubjectKind::Interface, "ens18");
    };
    CHECK(ens18("network_receive_bytes") == 91234567890.0);
    CHECK(ens18("network_receive_packets_count") == 81234567);
    CHECK(ens18("network_receive_errors_count") == 3);
    CHECK(ens18("network_receive_drops_count") == 12);
    CHECK(ens18("network_receive_fifo_errors_count") == 0);
    CHECK(ens18("network_transmit_bytes") == 41234567890.0);
    CHECK(ens18("network_transmit_errors_count") == 1);
    CHECK(ens18("network_transmit_drops_count") == 2);
    CHECK(ens18("network_transmit_carrier_errors_count") == 1);
    for (const char* left_out : {"lo", "veth1a2b3c", "docker0"}) {
        CAPTURE(left_out);
        CHECK_FALSE(watch.value("network_receive_bytes", SubjectKind::Interface, left_out));
    }
}

TEST_CASE("netdev: guests' interfaces are told by their names") {
    struct Row {
        const char* name;
        bool host;
    };
    for (const Row& row : {Row{"eth0", true}, Row{"enp3s0", true}, Row{"bond0", true},
                           Row{"br0", true}, Row{"wg0", true}, Row{"lo", false},
                           Row{"veth12", false}, Row{"cali9", false}, Row{"tap0", false}}) {
        CAPTURE(row.name);
        CHECK(is_host_interface(row.name) == row.host);
    }
}

TEST_CASE("netdev: a name runs up to the last colon and may touch its first number") {
    Watch watch;
    NetdevCollector netdev(watch.bench);
    test::MemoryRoot root;
    root.set("proc/net/dev", kHead + "eth0:1:123 1 0 0 0 0 0 0 4 1 0 0 0 0 0 0\n");
    REQUIRE(watch.collect(netdev, root));
    CHECK(*watch.value("network_receive_bytes", SubjectKind::Interface, "eth0:1") == 123);
}

TEST_CASE("netdev: more interfaces than the bound are counted") {
    std::string text = kHead;
    for (int i = 0; i < 70; ++i) {
        text += "eth" + std::to_string(i) + ": 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n";
    }
    Watch watch;
    NetdevCollector netdev(watch.bench);
    test::MemoryRoot root;
    root.set("proc/net/dev", text);
    REQUIRE(watch.collect(netdev, root));
    CHECK(*watch.value("interfaces_untracked_count") == 6);
}

TEST_CASE("netdev: a head or a line that is not one is a parse error") {
    const auto ignore = [](const NetdevCounts&) {};
    CHECK(parse_netdev(kHead, ignore));  // a namespace without interfaces
    for (const char* line :
         {"eth0 1 1 1\n", "eth0: 1 1 1\n", ": 1\n", "eth0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 x\n",
          ": 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"}) {
        CAPTURE(line);
        CHECK_FALSE(parse_netdev(kHead + line, ignore));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_netdev(text, ignore));
    const std::string good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/net/dev");
    test::parse_all_beginnings(good,
                               [&](std::string_view text) { (void)parse_netdev(text, ignore); });
}
