#include "collectors/sockstat.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric gauge(std::string_view name, Aspect aspect, Unit unit = Unit::Count) {
    return {name, unit, MetricKind::Gauge, aspect};
}

constexpr Metric kUsed = gauge("sockets_used_count", Aspect::Utilisation);
constexpr Metric kTcp = gauge("tcp_sockets_count", Aspect::Utilisation);
constexpr Metric kOrphans = gauge("tcp_orphans_count", Aspect::Saturation);
constexpr Metric kTimeWait = gauge("tcp_time_wait_count", Aspect::Saturation);
constexpr Metric kMemory = gauge("tcp_memory_bytes", Aspect::Saturation, Unit::Bytes);
constexpr Metric kUdp = gauge("udp_sockets_count", Aspect::Utilisation);
constexpr std::array kMetrics{kUsed, kTcp, kOrphans, kTimeWait, kMemory, kUdp};

std::optional<std::uint64_t>* field_of(SocketCounts& counts, std::string_view protocol,
                                       std::string_view key) {
    if (protocol == "sockets:" && key == "used") return &counts.used;
    if (protocol == "UDP:" && key == "inuse") return &counts.udp_in_use;
    if (protocol != "TCP:") return nullptr;
    if (key == "inuse") return &counts.tcp_in_use;
    if (key == "orphan") return &counts.tcp_orphans;
    if (key == "tw") return &counts.tcp_time_wait;
    if (key == "mem") return &counts.tcp_memory_pages;
    return nullptr;
}

void add_if(Samples& out, const Metric& metric, std::optional<std::uint64_t> value,
            double scale = 1) {
    if (value) out.add(metric, as_double(*value) * scale);
}

}  // namespace

Result<SocketCounts> parse_sockstat(std::string_view text) {
    SocketCounts counts;
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        const std::string_view protocol = next_word(line);
        for (auto key = next_word(line); !key.empty(); key = next_word(line)) {
            const auto value = next_u64(line);
            if (auto* field = field_of(counts, protocol, key)) *field = value;
        }
    }
    if (!counts.used) {
        return make_error(Errc::Parse, "proc/net/sockstat: expected 'sockets: used N', got '{}'",
                          excerpt(text));
    }
    return counts;
}

Status SockstatCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto counts = parse_sockstat(*text);
    if (!counts) return counts.error();
    add_if(out, kUsed, counts->used);
    add_if(out, kTcp, counts->tcp_in_use);
    add_if(out, kOrphans, counts->tcp_orphans);
    add_if(out, kTimeWait, counts->tcp_time_wait);
    add_if(out, kMemory, counts->tcp_memory_pages, as_double(bench_.page_bytes()));
    add_if(out, kUdp, counts->udp_in_use);
    return Ok{};
}

std::span<const Metric> SockstatCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
