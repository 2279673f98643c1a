#include <doctest/doctest.h>

#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

struct Host {
    test::MemoryRoot root;
    ProcessTable table{64, 4096};
    std::array<char, 4096> buffer{};

    ProcessTable::Holder holder_of(std::uint64_t inode) {
        REQUIRE(table.scan(root, buffer, test::ManualClock().now()));
        return table.holder_of_socket(root, inode, buffer);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Host, "socket holder: the process that has the socket open, or nobody") {
    const FakeProcess server{.pid = 20, .name = "redis-server", .start_ticks = 50};
    server.put(root);
    server.open(root, 3, "/dev/null", "02");
    server.open(root, 4, "socket:[77]", "02");
    const auto found = holder_of(77);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].pid == 20);
    CHECK(found.complete);
    CHECK(holder_of(7).processes.empty());
    CHECK(holder_of(777).processes.empty());
}

TEST_CASE_FIXTURE(Host, "socket holder: a master and its workers are told of by the master") {
    for (const int pid : {30, 31, 32}) {
        const FakeProcess process{
            .pid = pid, .name = "nginx", .start_ticks = static_cast<std::uint64_t>(pid)};
        process.put(root);
        process.open(root, 6, "socket:[5]", "02");
    }
    // An older one of that name that has nothing to do with it.
    FakeProcess{.pid = 29, .name = "nginx", .start_ticks = 1}.put(root);
    const auto found = holder_of(5);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].pid == 30);
}

TEST_CASE_FIXTURE(Host, "socket holder: what may not be looked at makes the answer incomplete") {
    const FakeProcess secret{.pid = 40, .name = "vault", .start_ticks = 9};
    secret.put(root);
    root.fail("proc/40/fd", Errc::Denied);
    const auto found = holder_of(5);
    CHECK(found.processes.empty());
    CHECK_FALSE(found.complete);
}

TEST_CASE_FIXTURE(Host, "socket holder: the search has an end, whatever is open") {
    const FakeProcess hoarder{.pid = 50, .name = "hoarder", .start_ticks = 900};
    hoarder.put(root);
    for (int i = 0; i < 21'000; ++i) hoarder.open(root, i, "/dev/null", "02");
    const FakeProcess old{.pid = 1, .name = "old", .start_ticks = 1};
    old.put(root);
    old.open(root, 3, "socket:[5]", "02");
    const auto found = holder_of(5);
    CHECK(found.processes.empty());
    CHECK_FALSE(found.complete);
}
