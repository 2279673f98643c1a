#include "collectors/ports.hpp"

#include <array>

#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kTcp{"ports_tcp_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kUdp{"ports_udp_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kTcp, kUdp};

constexpr std::uint16_t kListens = 0x0A;
constexpr std::uint16_t kBound = 0x07;

}  // namespace

// "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 ..."
std::optional<SocketLine> parse_socket_line(std::string_view line) {
    std::string_view rest = line;
    const auto slot = next_word(rest);
    const auto local = next_word(rest);
    const auto remote = next_word(rest);
    const auto state = parse_u64(next_word(rest), 16);
    const auto colon = local.find(':');
    if (!slot.ends_with(':') || colon == std::string_view::npos ||
        remote.find(':') == std::string_view::npos || !state || *state > 0xFF) {
        return std::nullopt;
    }
    const auto port = parse_u64(local.substr(colon + 1), 16);
    if (!port || *port > 0xFFFF) return std::nullopt;
    return SocketLine{.port = static_cast<std::uint16_t>(*port),
                      .state = static_cast<std::uint16_t>(*state)};
}

PortsCollector::PortsCollector(Workbench& bench) : bench_(bench) {}

Status PortsCollector::collect(const Root& root, Samples& out) {
    const Files* files = bench_.files();
    if (files == nullptr) return make_error(Errc::NotAvailable, "ports: files are not watched");
    const auto range = root.read("proc/sys/net/ipv4/ip_local_port_range", bench_.buffer());
    if (range) {
        std::string_view text = *range;
        const auto least = next_u64(text);
        if (least && *least <= 0xFFFF) client_port_min_ = static_cast<std::uint16_t>(*least);
    }
    tcp_.now->reset();
    udp_.now->reset();
    if (const Status status = read("proc/net/tcp", tcp_, kListens, kTcpBytesMax); !status) {
        if (status.error().code != Errc::NotFound) return status;
        return make_error(Errc::NotAvailable, "ports: no proc/net/tcp");
    }
    // A kernel may lack version 6 of the protocol, or UDP: then nothing listens there.
    (void)read("proc/net/tcp6", tcp_, kListens, kTcpBytesMax);
    (void)read("proc/net/udp", udp_, kBound, kUdpBytesMax);
    (void)read("proc/net/udp6", udp_, kBound, kUdpBytesMax);
    told_now_ = 0;
    compare(tcp_, out.at());
    compare(udp_, out.at());
    out.add(kTcp, as_double(tcp_.now->count()));
    out.add(kUdp, as_double(udp_.now->count()));
    return Ok{};
}

Status PortsCollector::read(const char* path, Table& table, std::uint16_t state,
                            std::size_t bytes_max) {
    OpenFile file;
    if (const Status opened = bench_.files()->open(path, file); !opened) return opened;
    std::size_t size = 0;
    const auto buffer = bench_.buffer().first(bytes_max);
    while (size < buffer.size()) {  // the kernel gives a page or so at a time
        const auto text = bench_.files()->read_at(file, size, buffer.subspan(size));
        if (!text) return text.error();
        if (text->empty()) break;
        size += text->size();
    }
    std::string_view rest(buffer.data(), size);
    std::string_view line;
    while (next_line(rest, line)) {
        const auto socket = parse_socket_line(line);
        if (!socket) continue;
        if (socket->state != state) {
            if (state == kListens) break;  // the rest are connections
            continue;
        }
        if (state == kBound && socket->port >= client_port_min_) continue;
        table.now->set(socket->port);
    }
    return Ok{};
}

void PortsCollector::compare(Table& table, Instant now) {
    if (table.learned && *table.known != *table.now) {
        const Ports changed = *table.known ^ *table.now;
        for (std::size_t port = 0; port < changed.size() && told_now_ < kNamedMax; ++port) {
            if (changed[port]) tell(table, port, (*table.now)[port], now);
        }
    }
    *table.known = *table.now;
    table.learned = true;
}

void PortsCollector::tell(const Table& table, std::size_t port, bool opened, Instant now) {
    ++told_now_;
    Event event{.at = now,
                .kind = opened ? EventKind::PortOpened : EventKind::PortClosed,
                .subject = {},
                .object = {},
                .text = {}};
    format_into(event.object, "{}/{}", table.protocol, port);
    format_into(event.text, "{} {} on {} port {}", opened ? "a program" : "nobody",
                opened ? "listens now" : "listens any more", table.protocol, port);
    bench_.events().add(event);
}

std::span<const Metric> PortsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
