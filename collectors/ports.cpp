#include "collectors/ports.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Metric kTcp{"ports_tcp_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kUdp{"ports_udp_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kCut{"ports_tables_cut_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr Metric kSlow{"dns_lookups_slow_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr std::array kMetrics{kTcp, kUdp, kCut, kSlow};

constexpr std::string_view kNameServer = ":0035";  // port 53, as the kernel writes it
constexpr std::uint16_t kConnected = 0x01;

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
    SocketLine socket;
    socket.port = static_cast<std::uint16_t>(*port);
    socket.state = static_cast<std::uint16_t>(*state);
    socket.remote = remote;
    const auto queues = next_word(rest);
    const auto between = std::min(queues.find(':'), queues.size());
    socket.queued_out = parse_u64(queues.substr(0, between), 16).value_or(0);
    socket.queued_in =
        parse_u64(queues.substr(std::min(between + 1, queues.size())), 16).value_or(0);
    next_word(rest);  // timer
    socket.resent = parse_u64(next_word(rest), 16).value_or(0);
    if (const auto uid = next_u64(rest); uid && *uid <= UINT32_MAX) {
        socket.uid = static_cast<std::uint32_t>(*uid);
    }
    next_word(rest);  // timeouts
    socket.inode = next_u64(rest).value_or(0);
    next_word(rest);                              // references
    next_word(rest);                              // where it is in the kernel
    socket.dropped = next_u64(rest).value_or(0);  // of TCP another number
    return socket;
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
    for (Table* table : {&tcp_, &udp_}) {
        table->now->reset();
        table->cut = 0;
    }
    for (Lookup& lookup : lookups_) lookup.there = false;
    if (const Status status = read(tcp_.path, tcp_, out.at()); !status) {
        if (status.error().code != Errc::NotFound) return status;
        return make_error(Errc::NotAvailable, "ports: no proc/net/tcp");
    }
    // A kernel may lack version 6 of the protocol, or UDP: then nothing listens there.
    (void)read(tcp_.path6, tcp_, out.at());
    (void)read(udp_.path, udp_, out.at());
    (void)read(udp_.path6, udp_, out.at());
    told_now_ = 0;
    compare(root, tcp_, out.at());
    compare(root, udp_, out.at());
    if (told_now_ == 0) learn_listener(root);
    settle_lookups(out.at());
    out.add(kSlow, as_double(slow_.size()));
    out.add(kTcp, as_double(tcp_.now->count()));
    out.add(kUdp, as_double(udp_.now->count()));
    out.add(kCut, tcp_.cut + udp_.cut);
    return Ok{};
}

Result<std::string_view> PortsCollector::read_all(std::string_view path, std::size_t bytes_max) {
    OpenFile file;
    const FixedString<31> name(path);
    if (const Status opened = bench_.files()->open(name.c_str(), file); !opened) {
        return opened.error();
    }
    std::size_t size = 0;
    const auto buffer = bench_.buffer().first(bytes_max);
    while (size < buffer.size()) {  // the kernel gives a page or so at a time
        const auto text = bench_.files()->read_at(file, size, buffer.subspan(size));
        if (!text) return text.error();
        if (text->empty()) break;
        size += text->size();
    }
    return std::string_view(buffer.data(), size);
}

Status PortsCollector::read(std::string_view path, Table& table, Instant now) {
    const auto text = read_all(path, table.bytes_max);
    if (!text) return text.error();
    std::string_view rest = *text;
    std::string_view line;
    while (next_line(rest, line)) {
        const auto socket = parse_socket_line(line);
        if (!socket) continue;
        if (socket->state != table.state) {
            if (table.state == kListens) return Ok{};  // the rest are connections
            note_lookup(*socket, now);
            continue;
        }
        if (table.state == kBound && socket->port >= client_port_min_) continue;
        table.now->set(socket->port);
    }
    if (text->size() == table.bytes_max) ++table.cut;
    return Ok{};
}

// Of a table that was cut nobody knows what the rest of it holds: nothing in it was closed.
void PortsCollector::compare(const Root& root, Table& table, Instant now) {
    if (table.cut > 0) *table.now |= *table.known;
    if (table.learned && *table.known != *table.now) {
        const Ports changed = *table.known ^ *table.now;
        for (std::size_t port = 0; port < changed.size() && told_now_ < kNamedMax; ++port) {
            if (changed[port]) tell(root, table, port, (*table.now)[port], now);
        }
    }
    *table.known = *table.now;
    table.learned = true;
}

// The socket that listens on the port, in either version of the protocol; inode 0 when it is gone.
SocketLine PortsCollector::find(const Table& table, std::size_t port, std::uint16_t state) {
    for (const std::string_view path : {table.path, table.path6}) {
        auto text = read_all(path, table.bytes_max);
        if (!text) continue;
        std::string_view line;
        while (next_line(*text, line)) {
            const auto socket = parse_socket_line(line);
            if (socket && socket->port == port && socket->state == state) return *socket;
        }
    }
    return {};
}

// What is known of it without a look into other people's processes, if need be.
PortsCollector::Listener PortsCollector::name_listener(const Root& root, const SocketLine& socket) {
    Listener listener;
    if (socket.inode != 0) {
        const auto holder =
            bench_.processes().holder_of_socket(root, socket.inode, bench_.buffer());
        if (!holder.processes.empty()) {
            const ProcessUse& process = holder.processes[0];
            const bool has_unit = !process.unit.empty();
            listener.who = has_unit ? Subject{SubjectKind::Unit, process.unit.view()}
                                    : Subject{SubjectKind::Process, process.name.view()};
            format_into(listener.text, "{} (pid {}{}{})", process.name, process.pid,
                        has_unit ? ", " : "", process.unit);
            return listener;
        }
    }
    listener.text = "a program";
    if (socket.uid) format_into(listener.text, " of user id {}", *socket.uid);
    return listener;
}

PortsCollector::Listener* PortsCollector::find_listener(const Table& table, std::size_t port) {
    auto* found = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listener& known) {
        return known.protocol == table.protocol && known.port == port;
    });
    return found == listeners_.end() ? nullptr : found;
}

// One in each look, of those that listened before we came. Each is a walk through open files: where
// very many processes run it would take longer than a name is worth.
void PortsCollector::learn_listener(const Root& root) {
    constexpr std::size_t kProcessesMax = 400;
    if (bench_.processes().size() > kProcessesMax) return;
    for (; next_to_name_ < tcp_.known->size() && !listeners_.full(); ++next_to_name_) {
        if (!(*tcp_.known)[next_to_name_] || find_listener(tcp_, next_to_name_) != nullptr)
            continue;
        Listener listener = name_listener(root, find(tcp_, next_to_name_, tcp_.state));
        listener.protocol = tcp_.protocol;
        listener.port = static_cast<std::uint16_t>(next_to_name_++);
        if (listener.who.kind != SubjectKind::Host) (void)listeners_.push(listener);
        return;
    }
}

// A socket that was there at the first look may have been there for ever.
void PortsCollector::note_lookup(const SocketLine& socket, Instant now) {
    if (socket.state != kConnected || !socket.remote.ends_with(kNameServer)) return;
    for (Lookup& known : lookups_) {
        if (known.inode != socket.inode) continue;
        known.there = true;
        known.last = now;
        return;
    }
    const Instant since = lookups_learned_ ? now : Instant{};
    (void)lookups_.push({.inode = socket.inode, .since = since, .last = now, .there = true});
}

void PortsCollector::settle_lookups(Instant now) {
    lookups_learned_ = true;
    if (udp_.cut > 0) lookups_.clear();  // who is not in the part that was read may still be there
    for (std::size_t i = slow_.size(); i > 0; --i) {
        if (now - slow_[i - 1] < kSlowFor) continue;
        slow_[i - 1] = slow_.back();
        slow_.shrink(slow_.size() - 1);
    }
    for (std::size_t i = lookups_.size(); i > 0; --i) {
        const Lookup lookup = lookups_[i - 1];
        if (lookup.there) continue;
        const Duration took = lookup.last - lookup.since;
        const bool slow = took >= kSlowLookup && took <= kLookupMax;
        if (slow && lookup.since.monotonic_ns != 0) (void)slow_.push(now);
        lookups_[i - 1] = lookups_.back();
        lookups_.shrink(lookups_.size() - 1);
    }
}

void PortsCollector::tell(const Root& root, const Table& table, std::size_t port, bool opened,
                          Instant now) {
    ++told_now_;
    Event event{.at = now,
                .kind = opened ? EventKind::PortOpened : EventKind::PortClosed,
                .subject = {},
                .object = {},
                .text = {}};
    format_into(event.object, "{}/{}", table.protocol, port);
    Listener* known = find_listener(table, port);
    if (opened) {
        Listener listener = name_listener(root, find(table, port, table.state));
        listener.protocol = table.protocol;
        listener.port = static_cast<std::uint16_t>(port);
        if (known != nullptr) {
            *known = listener;
        } else if (listener.who.kind != SubjectKind::Host) {
            (void)listeners_.push(listener);
        }
        format_into(event.text, "{} listens now on {} port {}", listener.text, table.protocol,
                    port);
    } else if (known != nullptr && known->who.kind != SubjectKind::Host) {
        event.subject = known->who;
        format_into(event.text, "{} listens no more on {} port {}", known->text, table.protocol,
                    port);
    } else {
        format_into(event.text, "nobody listens any more on {} port {}", table.protocol, port);
    }
    bench_.events().add(event);
}

std::span<const Metric> PortsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
