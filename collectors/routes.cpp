#include "collectors/routes.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kIpv4{"default_routes_ipv4_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr Metric kIpv6{"default_routes_ipv6_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr std::array kMetrics{kIpv4, kIpv6};

constexpr int kHexadecimal = 16;
constexpr std::uint64_t kUp = 0x1;        // RTF_UP, linux/route.h
constexpr std::uint64_t kReject = 0x200;  // RTF_REJECT: unreachable on purpose

bool leads_somewhere(std::uint64_t flags) {
    return (flags & kUp) != 0 && (flags & kReject) == 0;
}

bool is_zero(std::string_view hexadecimal) {
    return !hexadecimal.empty() && hexadecimal.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::optional<std::uint32_t> count_default_routes_ipv4(std::string_view text) {
    std::string_view line;
    if (!next_line(text, line) || next_word(line) != "Iface") return std::nullopt;
    std::uint32_t count = 0;
    while (next_line(text, line)) {
        next_word(line);  // the interface
        const std::string_view destination = next_word(line);
        next_word(line);  // the gateway: none for a point-to-point link
        const auto flags = parse_u64(next_word(line), kHexadecimal);
        for (int skipped = 0; skipped < 3; ++skipped) next_word(line);  // RefCnt, Use, Metric
        const std::string_view mask = next_word(line);
        if (!flags || mask.empty()) return std::nullopt;
        if (is_zero(destination) && is_zero(mask) && leads_somewhere(*flags)) ++count;
    }
    return count;
}

std::optional<std::uint32_t> count_default_routes_ipv6(std::string_view text) {
    std::uint32_t count = 0;
    for (std::string_view line; next_line(text, line);) {
        const std::string_view destination = next_word(line);
        const std::string_view prefix = next_word(line);
        for (int skipped = 0; skipped < 6; ++skipped) next_word(line);  // source ... use
        const auto flags = parse_u64(next_word(line), kHexadecimal);
        const std::string_view interface = next_word(line);
        if (!flags || interface.empty()) return std::nullopt;
        if (is_zero(destination) && is_zero(prefix) && interface != "lo" &&
            leads_somewhere(*flags)) {
            ++count;
        }
    }
    return count;
}

Status RoutesCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    const auto ipv4 = count_default_routes_ipv4(files.text("proc/net/route"));
    if (ipv4) out.add(kIpv4, *ipv4);
    const std::string_view text = files.text("proc/net/ipv6_route");
    const auto ipv6 = text.empty() ? std::nullopt : count_default_routes_ipv6(text);
    if (ipv6) out.add(kIpv6, *ipv6);
    return files.outcome("proc/net: no table of routes");
}

std::span<const Metric> RoutesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
