#include "collectors/netdev.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Unit unit, Aspect aspect) {
    return {name, unit, MetricKind::Counter, aspect};
}

struct DirectionMetrics {
    Metric bytes, packets, errors, drops, fifo_errors;
};

constexpr DirectionMetrics kReceived{
    counter("network_receive_bytes", Unit::Bytes, Aspect::Traffic),
    counter("network_receive_packets_count", Unit::Count, Aspect::Traffic),
    counter("network_receive_errors_count", Unit::Count, Aspect::Errors),
    counter("network_receive_drops_count", Unit::Count, Aspect::Saturation),
    counter("network_receive_fifo_errors_count", Unit::Count, Aspect::Saturation)};
constexpr DirectionMetrics kSent{
    counter("network_transmit_bytes", Unit::Bytes, Aspect::Traffic),
    counter("network_transmit_packets_count", Unit::Count, Aspect::Traffic),
    counter("network_transmit_errors_count", Unit::Count, Aspect::Errors),
    counter("network_transmit_drops_count", Unit::Count, Aspect::Saturation),
    counter("network_transmit_fifo_errors_count", Unit::Count, Aspect::Saturation)};
constexpr Metric kCarrierErrors =
    counter("network_transmit_carrier_errors_count", Unit::Count, Aspect::Errors);
constexpr Metric kUntracked{"interfaces_untracked_count", Unit::Count, MetricKind::Gauge,
                            Aspect::Other};
constexpr std::array kMetrics{kReceived.bytes,   kReceived.packets,     kReceived.errors,
                              kReceived.drops,   kReceived.fifo_errors, kSent.bytes,
                              kSent.packets,     kSent.errors,          kSent.drops,
                              kSent.fifo_errors, kCarrierErrors,        kUntracked};

// veth: containers; cali, lxc, cni, flannel: their networks' plumbing; tap, vnet, macvtap, fwln,
// fwpr: machines; ifb: traffic shaping's copy of another interface.
constexpr std::array<std::string_view, 11> kGuestPrefixes{
    "veth", "cali", "lxc", "cni", "flannel", "tap", "vnet", "macvtap", "fwln", "fwpr", "ifb"};

constexpr std::size_t kColumns = 16;

bool parse_line(std::string_view line, NetdevCounts& counts) {
    const auto colon = line.rfind(':');  // an alias such as eth0:1 has one of its own
    if (colon == std::string_view::npos) return false;
    counts.name = trim(line.substr(0, colon));
    std::string_view words = line.substr(colon + 1);
    std::array<std::uint64_t, kColumns> column{};
    for (auto& value : column) {
        const auto number = next_u64(words);
        if (!number) return false;
        value = *number;
    }
    counts.received = {column[0], column[1], column[2], column[3], column[4]};
    counts.sent = {column[8], column[9], column[10], column[11], column[12]};
    counts.carrier_errors = column[14];
    return !counts.name.empty();
}

void add_direction(Samples& out, const DirectionMetrics& metrics, const Subject& subject,
                   const NetdevDirection& direction) {
    out.add(metrics.bytes, subject, as_double(direction.bytes));
    out.add(metrics.packets, subject, as_double(direction.packets));
    out.add(metrics.errors, subject, as_double(direction.errors));
    out.add(metrics.drops, subject, as_double(direction.drops));
    out.add(metrics.fifo_errors, subject, as_double(direction.fifo_errors));
}

}  // namespace

bool is_host_interface(std::string_view name) {
    if (name == "lo") return false;
    return std::none_of(kGuestPrefixes.begin(), kGuestPrefixes.end(), [&](std::string_view prefix) {
        return name.substr(0, prefix.size()) == prefix;
    });
}

Status parse_netdev(std::string_view text, FunctionRef<void(const NetdevCounts&)> interface) {
    std::string_view rest = text;
    std::string_view line;
    const bool headed = next_line(rest, line) && next_line(rest, line);
    if (!headed || line.find("face |bytes") == std::string_view::npos) {
        return make_error(Errc::Parse, "proc/net/dev: expected its two lines of head, got '{}'",
                          excerpt(text));
    }
    while (next_line(rest, line)) {
        NetdevCounts counts;
        if (!parse_line(line, counts)) {
            return make_error(Errc::Parse,
                              "proc/net/dev: expected an interface and 16 counts, got '{}'",
                              excerpt(line));
        }
        interface(counts);
    }
    return Ok{};
}

Status NetdevCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    std::uint32_t interfaces = 0;
    const auto status = parse_netdev(*text, [&](const NetdevCounts& counts) {
        if (!is_host_interface(counts.name)) return;
        if (counts.received.packets == 0 && counts.sent.packets == 0) return;
        if (interfaces++ >= kInterfacesMax) return;
        const Subject subject{.kind = SubjectKind::Interface, .name = counts.name};
        add_direction(out, kReceived, subject, counts.received);
        add_direction(out, kSent, subject, counts.sent);
        out.add(kCarrierErrors, subject, as_double(counts.carrier_errors));
    });
    if (!status) return status;
    out.add(kUntracked, interfaces > kInterfacesMax ? interfaces - kInterfacesMax : 0);
    return Ok{};
}

std::span<const Metric> NetdevCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
