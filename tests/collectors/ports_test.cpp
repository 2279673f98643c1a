#include "collectors/ports.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr const char* kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n";

std::string socket_line(int port, std::string_view state, int uid = 0, int inode = 0) {
    return fmt::format(
        "   0: 00000000:{:04X} 00000000:0000 {} 00000000:00000000 00:00000000 00000000 {:5} 0 {} 1 "
        "0000000000000000 100 0 0 10 0\n",
        port, state, uid, inode);
}

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::Watch watch;
    Workbench bench{test::with_files(files)};
    PortsCollector ports{bench};

    Status collect() {
        bench.events().begin();
        return watch.collect(ports, test::MemoryRoot{});
    }
    void tcp(const std::string& lines) { directory.write("proc/net/tcp", kHead + lines); }
};

}  // namespace

TEST_CASE("ports: lines of the kernel's tables, and what is none") {
    const auto line = parse_socket_line("   3: 0100007F:1F90 00000000:0000 0A 00000000:00000000 0");
    REQUIRE(line);
    CHECK(line->port == 8080);
    CHECK(line->state == 10);
    const auto six = parse_socket_line(
        "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0");
    REQUIRE(six);
    CHECK(six->port == 22);
    const auto whole = parse_socket_line(socket_line(80, "0A", 33, 4711));
    REQUIRE(whole);
    CHECK(whole->uid == 33);
    CHECK(whole->inode == 4711);
    CHECK_FALSE(line->uid);  // a line that was cut says so
    CHECK(line->inode == 0);
    for (const std::string_view text :
         {std::string_view(kHead), std::string_view("0: 0:FFFFF 0:0 0A"),
          std::string_view("0: 00000000 0:0 0A"), std::string_view("0: 0:16 0:0 XX"),
          std::string_view("0: 0:16 0:0 100"), std::string_view("0: 0:16")}) {
        CHECK_FALSE(parse_socket_line(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_socket_line(text));
}

TEST_CASE_FIXTURE(Fixture,
                  "ports: who begins and who stops to listen is told; connections are not") {
    tcp(socket_line(22, "0A") + socket_line(22, "01"));
    REQUIRE(collect());
    CHECK(bench.events().all().empty());
    CHECK(*watch.value("ports_tcp_count") == 1);
    tcp(socket_line(8080, "0A") + socket_line(5555, "01") + socket_line(9, "0A"));
    REQUIRE(collect());
    REQUIRE(bench.events().all().size() == 2);
    CHECK(bench.events().all()[0].kind == EventKind::PortClosed);
    CHECK(bench.events().all()[0].text == "nobody listens any more on tcp port 22");
    CHECK(bench.events().all()[1].kind == EventKind::PortOpened);
    CHECK(bench.events().all()[1].object == "tcp/8080");
    CHECK(bench.events().all()[1].text == "a program of user id 0 listens now on tcp port 8080");
}

TEST_CASE_FIXTURE(Fixture, "ports: the program behind a new port is named, with its unit") {
    test::MemoryRoot root;
    const test::FakeProcess master{.pid = 812,
                                   .name = "nginx",
                                   .start_ticks = 500,
                                   .cgroup = "0::/system.slice/nginx.service\n"};
    const test::FakeProcess worker{.pid = 813, .name = "nginx", .start_ticks = 510};
    for (const auto& process : {master, worker}) {
        process.put(root);
        process.open(root, 6, "socket:[4711]", "02");
    }
    test::FakeProcess{.pid = 900, .name = "bash", .start_ticks = 900}.put(root);
    watch.samples.begin(watch.clock.now());
    REQUIRE(bench.processes().scan(root, bench.buffer(), watch.clock.now()));
    tcp("");
    REQUIRE(ports.collect(root, watch.samples));
    bench.events().begin();
    tcp(socket_line(80, "0A", 0, 4711) + socket_line(81, "0A", 33, 4712));
    REQUIRE(ports.collect(root, watch.samples));
    REQUIRE(bench.events().all().size() == 2);
    CHECK(bench.events().all()[0].text ==
          "nginx (pid 812, nginx.service) listens now on tcp port 80");
    // Nobody that we may look at: whose it is stands in the table all the same.
    CHECK(bench.events().all()[1].text == "a program of user id 33 listens now on tcp port 81");
}

TEST_CASE_FIXTURE(Fixture, "ports: who listens no more is named, though nobody is left to ask") {
    test::MemoryRoot root;
    const test::FakeProcess server{
        .pid = 812, .name = "nginx", .cgroup = "0::/system.slice/nginx.service\n"};
    server.put(root);
    server.open(root, 6, "socket:[4711]", "02");
    const auto look = [&] {
        bench.events().begin();
        watch.samples.begin(watch.clock.now());
        REQUIRE(bench.processes().scan(root, bench.buffer(), watch.clock.now()));
        REQUIRE(ports.collect(root, watch.samples));
        watch.clock.advance(seconds(5));
    };
    tcp(socket_line(22, "0A", 0, 4710) + socket_line(80, "0A", 0, 4711));
    for (int i = 0; i < 3; ++i) look();  // one port in each look
    server.remove(root);
    tcp("");
    look();
    REQUIRE(bench.events().all().size() == 2);
    CHECK(bench.events().all()[0].text == "nobody listens any more on tcp port 22");
    const Event& closed = bench.events().all()[1];
    CHECK(closed.subject == Subject{SubjectKind::Unit, "nginx.service"});
    CHECK(closed.text == "nginx (pid 812, nginx.service) listens no more on tcp port 80");
}

TEST_CASE_FIXTURE(Fixture, "ports: a lookup that waits and is given up was slow") {
    const auto look = [&](std::initializer_list<int> asking) {
        std::string lines = kHead;
        for (const int inode : asking) {
            lines += fmt::format(
                "   1: 0100007F:9C40 3500007F:0035 01 00000000:00000000 00:00000000 00000000 0 0 "
                "{} "
                "2 0 0\n",
                inode);
        }
        tcp("");
        directory.write("proc/net/udp", lines);
        REQUIRE(collect());
        watch.clock.advance(seconds(5));
        return *watch.value("dns_lookups_slow_count");
    };
    CHECK(look({1}) == 0);  // a resolver that was there before us keeps its socket
    CHECK(look({1, 2, 3}) == 0);
    CHECK(look({1, 3, 4}) == 0);  // the second had its answer
    CHECK(look({1, 3, 4}) == 0);
    CHECK(look({1}) == 2);
    CHECK(look({}) == 2);  // the first may have been there for ever
    for (int i = 0; i < 5; ++i) look({});
    CHECK(look({}) == 0);
    // Seen once by looks that are far apart it may have been answered at once.
    CHECK(look({6}) == 0);
    watch.clock.advance(minutes(1));
    CHECK(look({}) == 0);
    // One that stays for minutes is no lookup.
    for (int i = 0; i < 20; ++i) CHECK(look({5}) == 0);
    CHECK(look({}) == 0);
}

TEST_CASE_FIXTURE(Fixture, "ports: a client's udp port is no service") {
    tcp("");
    REQUIRE(collect());
    directory.write("proc/net/udp", kHead + socket_line(53, "07") + socket_line(40000, "07"));
    REQUIRE(collect());
    REQUIRE(bench.events().all().size() == 1);
    CHECK(bench.events().all()[0].object == "udp/53");
    CHECK(*watch.value("ports_udp_count") == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "ports: of more listeners than are read none was closed, and it is told") {
    std::string many;
    for (int port = 1; port <= 1000; ++port) many += socket_line(port, "0A");
    tcp(socket_line(2000, "0A") + socket_line(2001, "0A"));
    REQUIRE(collect());
    CHECK(*watch.value("ports_tables_cut_count") == 0);
    tcp(socket_line(2000, "0A") + many);
    REQUIRE(collect());
    CHECK(*watch.value("ports_tables_cut_count") == 1);
    for (const Event& event : bench.events().all()) CHECK(event.kind == EventKind::PortOpened);
    tcp(socket_line(2000, "0A"));
    REQUIRE(collect());
    CHECK(*watch.value("ports_tables_cut_count") == 0);
    REQUIRE_FALSE(bench.events().all().empty());
    for (const Event& event : bench.events().all()) CHECK(event.kind == EventKind::PortClosed);
}

TEST_CASE_FIXTURE(Fixture, "ports: a table of any size is read up to a bound, allocating nothing") {
    std::string many = socket_line(22, "0A");
    for (int i = 0; i < 20'000; ++i) many += socket_line(5000, "01");
    tcp(many);
    const test::MemoryRoot root;
    watch.samples.begin(watch.clock.now());
    const AllocationGuard guard;
    const bool good = ports.collect(root, watch.samples).has_value();
    CHECK(guard.count() == 0);
    CHECK(good);
    CHECK(*watch.value("ports_tcp_count") == 1);
}

TEST_CASE_FIXTURE(Fixture, "ports: very many changes at once are told in part") {
    tcp("");
    REQUIRE(collect());
    std::string many;
    for (int port = 1000; port < 1100; ++port) many += socket_line(port, "0A");
    tcp(many);
    REQUIRE(collect());
    CHECK(bench.events().all().size() == PortsCollector::kNamedMax);
}

TEST_CASE_FIXTURE(Fixture, "ports: no table, no source") {
    CHECK(collect().error().code == Errc::NotAvailable);
}
