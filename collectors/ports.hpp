// PortsCollector tells when a program begins or stops to listen on a port.
//
// The tables of /proc/net are read up to a bound: listening TCP sockets come first in theirs, so a
// host with a hundred thousand connections costs no more than one with ten. UDP has no listening
// state; a bound port below the range for clients counts as a service. Series: ports_tcp_count and
// ports_udp_count, the ports that are listened on; ports_tables_cut_count, how many of the four
// files have more to tell than the bound. Who listens is looked for one port at a time, so that it
// can be named when the port is closed and nobody is left to ask.
//
// The same tables tell of names that are not resolved: who asks a name server by UDP has a socket
// to its port 53 until the answer comes, for some milliseconds. One that is there for several
// seconds and then given up was a slow lookup: dns_lookups_slow_count, of the last half minute. (A
// resolver that keeps its socket open for good is none.) Source: proc_pid_net(5).
#pragma once

#include <bitset>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"
#include "core/fixed_vector.hpp"
#include "core/subject.hpp"

namespace homeostat {

// One line of /proc/net/tcp, tcp6, udp or udp6.
struct SocketLine {
    std::uint16_t port = 0;            // local
    std::uint16_t state = 0;           // 0x0A listens, 0x07 is bound (UDP)
    std::optional<std::uint32_t> uid;  // whose socket it is
    std::uint64_t inode = 0;           // of the socket; 0: not told
    std::string_view remote;           // "0100007F:1F90", as long as the line is there
    std::uint64_t queued_out = 0;      // bytes that the other side has not confirmed
    std::uint64_t queued_in = 0;  // bytes not read yet; of a listener: connections not accepted
    std::uint64_t resent = 0;     // time-outs in a row without an answer
    std::uint64_t dropped = 0;    // UDP: datagrams that found its buffer full, ever
};

// Nothing for the heading and for what is no such line.
std::optional<SocketLine> parse_socket_line(std::string_view line);

class PortsCollector final : public Collector {
public:
    static constexpr std::uint32_t kNamedMax = 8;           // changes told in one look
    static constexpr std::size_t kTcpBytesMax = 64 * 1024;  // some 400 listening sockets
    static constexpr std::size_t kUdpBytesMax = 256 * 1024;
    static constexpr std::size_t kListenersMax = 32;  // that are known by name
    // From the first look that saw its socket to the last: it was there in two, however far apart
    // looks are.
    static constexpr Duration kSlowLookup = seconds(4);
    static constexpr Duration kLookupMax = seconds(60);  // longer, and it is no single lookup
    static constexpr Duration kSlowFor = seconds(30);    // that a slow one is told of

    explicit PortsCollector(Workbench& bench);

    // Errc::NotAvailable without /proc/net/tcp.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    using Ports = std::bitset<65536>;

    struct Table {
        std::string_view protocol;  // "tcp"
        std::string_view path;
        std::string_view path6;
        std::uint16_t state = 0;  // of the sockets that are told of
        std::size_t bytes_max = 0;
        std::unique_ptr<Ports> known = std::make_unique<Ports>();
        std::unique_ptr<Ports> now = std::make_unique<Ports>();
        std::uint32_t cut = 0;  // of the two files, those with more in them than was read
        bool learned = false;
    };

    struct Listener {
        std::string_view protocol;  // of a table
        std::uint16_t port = 0;
        Subject who;           // its unit, else its process
        FixedString<95> text;  // "nginx (pid 812, nginx.service)"
    };
    struct Lookup {
        std::uint64_t inode = 0;
        Instant since;
        Instant last;
        bool there = false;  // in this look
    };

    Listener* find_listener(const Table& table, std::size_t port);
    void learn_listener(const Root& root);
    void note_lookup(const SocketLine& socket, Instant now);
    void settle_lookups(Instant now);
    Result<std::string_view> read_all(std::string_view path, std::size_t bytes_max);
    Status read(std::string_view path, Table& table, Instant now);
    void compare(const Root& root, Table& table, Instant now);
    void tell(const Root& root, const Table& table, std::size_t port, bool opened, Instant now);
    SocketLine find(const Table& table, std::size_t port, std::uint16_t state);
    Listener name_listener(const Root& root, const SocketLine& socket);

    Workbench& bench_;
    static constexpr std::uint16_t kListens = 0x0A;
    static constexpr std::uint16_t kBound = 0x07;

    Table tcp_{.protocol = "tcp",
               .path = "proc/net/tcp",
               .path6 = "proc/net/tcp6",
               .state = kListens,
               .bytes_max = kTcpBytesMax};
    Table udp_{.protocol = "udp",
               .path = "proc/net/udp",
               .path6 = "proc/net/udp6",
               .state = kBound,
               .bytes_max = kUdpBytesMax};
    std::uint16_t client_port_min_ = 32768;
    std::uint32_t told_now_ = 0;
    FixedVector<Listener, kListenersMax> listeners_;
    std::uint32_t next_to_name_ = 0;  // port, of TCP
    FixedVector<Lookup, 64> lookups_;
    FixedVector<Instant, 32> slow_;  // when a slow lookup ended
    bool lookups_learned_ = false;
};

}  // namespace homeostat
