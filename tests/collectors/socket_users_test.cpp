#include "collectors/socket_users.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fake_process.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::FakeProcess;

namespace {

constexpr const char* kHead = "  sl  local_address rem_address   st tx_queue rx_queue ...\n";

struct Line {
    std::string remote = "00000000:0000";
    std::string_view state = "01";
    int out = 0;
    int in = 0;
    int resent = 0;
    int inode = 0;
    int dropped = 0;
};

std::string text_of(const Line& line) {
    return fmt::format(
        "   0: 0100007F:1F90 {} {} {:08X}:{:08X} 00:00000000 {:08X} 0 0 {} 2 00 {}\n", line.remote,
        line.state, line.out, line.in, line.resent, line.inode, line.dropped);
}

struct Host {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::MemoryRoot root;
    ProcessTable table{64, 4096};
    std::vector<char> buffer = std::vector<char>(128 * 1024);
    int sockets = 0;

    void has(int pid, std::string_view name, std::initializer_list<int> inodes) {
        const FakeProcess process{.pid = pid, .name = std::string(name)};
        process.put(root);
        for (const int inode : inodes) {
            process.open(root, 3 + ++sockets, fmt::format("socket:[{}]", inode), "02");
        }
    }
    void write(const char* path, const std::vector<Line>& lines) {
        std::string text = kHead;
        for (const Line& line : lines) text += text_of(line);
        directory.write(path, text);
    }
    SocketUsers users(SocketTrouble trouble) {
        REQUIRE(table.scan(root, buffer, test::ManualClock().now()));
        return socket_users(table, root, files, trouble, buffer);
    }
};

}  // namespace

TEST_CASE("socket users: addresses as people write them") {
    CHECK(peer_address("0100007F:1F90") == "127.0.0.1");
    CHECK(peer_address("024D12C6") == "198.18.77.2");
    CHECK(peer_address("B80D0120000000000000000001000000:0016") == "2001:db8::1");
    CHECK(peer_address("0000000000000000FFFF00000100007F:0016") == "127.0.0.1");
    for (const char* text : {"", ":", "00000000:0000", "0100007", "0100007F0100007F", "XX00007F"}) {
        CAPTURE(text);
        CHECK(peer_address(text).empty());
    }
}

TEST_CASE_FIXTURE(Host, "socket users: who does not accept, by how many connections wait") {
    has(20, "slow-server", {71});
    has(21, "nginx", {72});
    write("proc/net/tcp", {{.state = "0A", .in = 129, .inode = 71},
                           {.state = "0A", .in = 0, .inode = 72},
                           {.state = "01", .in = 9000, .inode = 72}});
    const SocketUsers found = users(SocketTrouble::NotAccepted);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].name == "slow-server");
    CHECK(found.processes[0].sockets == 129);
    CHECK(found.processes[0].share == 1);
    CHECK(found.peer.empty());
}

TEST_CASE_FIXTURE(Host,
                  "socket users: a reader that lost datagrams once and reads now is left out") {
    has(20, "slow-reader", {81});
    has(21, "collector", {82});
    write("proc/net/udp", {{.state = "07", .in = 4096, .inode = 81, .dropped = 700},
                           {.state = "07", .in = 0, .inode = 82, .dropped = 90'000}});
    write("proc/net/udp6", {{.state = "07", .in = 1, .inode = 81, .dropped = 1}});
    const SocketUsers found = users(SocketTrouble::NotRead);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].name == "slow-reader");
    CHECK(found.found == 701);
}

TEST_CASE_FIXTURE(Host, "socket users: who waits for an answer, and of whom") {
    has(20, "caller", {91, 92, 93});
    has(21, "curl", {94});
    write("proc/net/tcp", {{.remote = "024D12C6:0007", .state = "02", .inode = 91},
                           {.remote = "024D12C6:0007", .state = "02", .inode = 92},
                           {.remote = "024D12C6:0007", .state = "02", .inode = 93},
                           {.remote = "0100000A:0050", .state = "02", .inode = 94},
                           {.remote = "0200000A:0050", .state = "01", .inode = 94}});
    const SocketUsers found = users(SocketTrouble::NotAnswered);
    REQUIRE(found.processes.size() == 2);
    CHECK(found.processes[0].name == "caller");
    CHECK(found.processes[0].share == doctest::Approx(0.75));
    CHECK(found.peer == "198.18.77.2");
    CHECK(found.peer_share == doctest::Approx(0.75));
    // Of connections that are over nobody is the owner; where they went is known all the same.
    write("proc/net/tcp", {{.remote = "024D12C6:0007", .state = "06"}});
    const SocketUsers over = users(SocketTrouble::Any);
    CHECK(over.processes.empty());
    CHECK(over.peer == "198.18.77.2");
}

TEST_CASE_FIXTURE(Host, "socket users: a socket that was handed on is that of the newest process") {
    has(1, "systemd", {61});
    has(20, "sshd", {61});
    has(30, "sshd", {62});
    write("proc/net/tcp",
          {{.state = "0A", .in = 5, .inode = 61}, {.state = "0A", .in = 2, .inode = 62}});
    const SocketUsers found = users(SocketTrouble::NotAccepted);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].name == "sshd");
    CHECK(found.processes[0].pid == 30);
    CHECK(found.processes[0].namesakes == 2);
    CHECK(found.processes[0].sockets == 7);
}

TEST_CASE_FIXTURE(Host, "socket users: of many sockets the heaviest stand for all") {
    std::vector<Line> lines;
    for (int i = 0; i < 300; ++i) {
        lines.push_back({.remote = fmt::format("{:02X}00000A:0050", i % 200 + 1),
                         .state = "01",
                         .out = i < 10 ? 100'000 : 1,
                         .inode = 1000 + i});
    }
    write("proc/net/tcp", lines);
    has(20, "sender", {1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009});
    const SocketUsers found = users(SocketTrouble::Held);
    REQUIRE(found.processes.size() == 1);
    CHECK(found.processes[0].sockets > 0.99 * found.found);
    // One that asks again tells more than many that merely wait.
    write("proc/net/tcp", {{.remote = "0100000A:0050", .state = "01", .out = 5, .inode = 1},
                           {.remote = "0200000A:0050", .state = "01", .resent = 3, .inode = 2}});
    CHECK(users(SocketTrouble::Resent).peer == "10.0.0.2");
}

TEST_CASE_FIXTURE(Host, "socket users: no tables, foreign text and a small buffer do no harm") {
    has(20, "a", {1});
    CHECK(users(SocketTrouble::Any).processes.empty());
    for (const std::string& text : test::hostile_texts()) {
        directory.write("proc/net/tcp", text);
        CHECK(users(SocketTrouble::Any).processes.empty());
    }
    write("proc/net/tcp", {{.state = "01", .inode = 1}});
    CHECK(users(SocketTrouble::Any).processes.size() == 1);
    buffer.resize(4096);
    CHECK(users(SocketTrouble::Any).processes.empty());
}
