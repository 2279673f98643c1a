#include "collectors/netstat.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

struct Row {
    std::string_view protocol;
    std::string_view name;
    Metric metric;
};

constexpr Metric counter(std::string_view name, Aspect aspect) {
    return {name, Unit::Count, MetricKind::Counter, aspect};
}

constexpr std::array kRows{
    Row{"Tcp", "ActiveOpens", counter("tcp_active_opens_count", Aspect::Traffic)},
    Row{"Tcp", "PassiveOpens", counter("tcp_passive_opens_count", Aspect::Traffic)},
    Row{"Tcp", "AttemptFails", counter("tcp_connect_failures_count", Aspect::Errors)},
    Row{"Tcp", "EstabResets", counter("tcp_connection_resets_count", Aspect::Errors)},
    Row{"Tcp",
        "CurrEstab",
        {"tcp_established_count", Unit::Count, MetricKind::Gauge, Aspect::Utilisation}},
    Row{"Tcp", "InSegs", counter("tcp_segments_received_count", Aspect::Traffic)},
    Row{"Tcp", "OutSegs", counter("tcp_segments_sent_count", Aspect::Traffic)},
    Row{"Tcp", "RetransSegs", counter("tcp_segments_retransmitted_count", Aspect::Errors)},
    Row{"Tcp", "InErrs", counter("tcp_receive_errors_count", Aspect::Errors)},
    Row{"Tcp", "OutRsts", counter("tcp_resets_sent_count", Aspect::Errors)},
    Row{"Udp", "InDatagrams", counter("udp_datagrams_received_count", Aspect::Traffic)},
    Row{"Udp", "OutDatagrams", counter("udp_datagrams_sent_count", Aspect::Traffic)},
    Row{"Udp", "NoPorts", counter("udp_no_port_count", Aspect::Errors)},
    Row{"Udp", "InErrors", counter("udp_receive_errors_count", Aspect::Errors)},
    Row{"Udp", "RcvbufErrors", counter("udp_receive_buffer_errors_count", Aspect::Saturation)},
    Row{"Udp", "SndbufErrors", counter("udp_send_buffer_errors_count", Aspect::Saturation)},
    Row{"TcpExt", "ListenOverflows", counter("tcp_listen_overflows_count", Aspect::Saturation)},
    Row{"TcpExt", "ListenDrops", counter("tcp_listen_drops_count", Aspect::Saturation)},
    Row{"TcpExt", "TCPReqQFullDrop", counter("tcp_syn_drops_count", Aspect::Saturation)},
    Row{"TcpExt", "TCPReqQFullDoCookies", counter("tcp_syn_cookies_count", Aspect::Saturation)},
    Row{"TcpExt", "TCPTimeouts", counter("tcp_timeouts_count", Aspect::Errors)},
    Row{"TcpExt", "TCPSynRetrans", counter("tcp_syn_retransmits_count", Aspect::Errors)},
    Row{"TcpExt", "TCPMemoryPressures", counter("tcp_memory_pressures_count", Aspect::Saturation)},
    Row{"TcpExt", "TCPAbortOnMemory", counter("tcp_memory_aborts_count", Aspect::Errors)},
};

constexpr auto kMetrics = [] {
    std::array<Metric, kRows.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = kRows[i].metric;
    return all;
}();

// Cuts "Protocol:" off the line.
std::string_view protocol_of(std::string_view& line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view protocol = line.substr(0, colon);
    line.remove_prefix(colon + 1);
    return protocol;
}

}  // namespace

Status parse_netstat(std::string_view text,
                     FunctionRef<void(std::string_view, std::string_view, std::uint64_t)> field) {
    std::string_view rest = text;
    std::string_view names;
    while (next_line(rest, names)) {
        const std::string_view head = names;
        std::string_view values;
        const bool paired = next_line(rest, values);
        const std::string_view protocol = protocol_of(names);
        if (!paired || protocol.empty() || protocol_of(values) != protocol) {
            return make_error(Errc::Parse, "proc/net: expected two lines of one protocol, got '{}'",
                              excerpt(head));
        }
        for (auto name = next_word(names); !name.empty(); name = next_word(names)) {
            const std::string_view word = next_word(values);
            const auto value = parse_u64(word);
            if (!value && !parse_i64(word)) {
                return make_error(Errc::Parse, "proc/net: expected a number for {} {}, got '{}'",
                                  excerpt(protocol), excerpt(name), excerpt(word));
            }
            if (value) field(protocol, name, *value);
        }
    }
    return Ok{};
}

Status NetstatCollector::collect(const Root& root, Samples& out) {
    const auto add = [&](std::string_view protocol, std::string_view name, std::uint64_t value) {
        for (const Row& row : kRows) {
            if (row.name == name && row.protocol == protocol) out.add(row.metric, as_double(value));
        }
    };
    for (KeptFile* file : {&snmp_, &netstat_}) {
        const auto text = read_source(root, *file, bench_.buffer());
        if (!text) return text.error();
        if (const auto status = parse_netstat(*text, add); !status) return status;
    }
    return Ok{};
}

std::span<const Metric> NetstatCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
