#include "collectors/neighbours.hpp"

#include <array>

#include "collectors/conntrack.hpp"
#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

struct Table {
    const char* stat;
    const char* limit;
    Metric entries;
    Metric used;
    Metric overflows;
};

constexpr Metric entries(std::string_view name) {
    return {name, Unit::Count, MetricKind::Gauge, Aspect::Utilisation};
}
constexpr Metric used(std::string_view name) {
    return {name, Unit::None, MetricKind::Ratio, Aspect::Capacity};
}
constexpr Metric overflows(std::string_view name) {
    return {name, Unit::Count, MetricKind::Counter, Aspect::Errors};
}

constexpr std::array kTables{
    Table{"proc/net/stat/arp_cache", "proc/sys/net/ipv4/neigh/default/gc_thresh3",
          entries("neighbours_ipv4_count"), used("neighbours_ipv4_used_ratio"),
          overflows("neighbours_ipv4_overflows_count")},
    Table{"proc/net/stat/ndisc_cache", "proc/sys/net/ipv6/neigh/default/gc_thresh3",
          entries("neighbours_ipv6_count"), used("neighbours_ipv6_used_ratio"),
          overflows("neighbours_ipv6_overflows_count")},
};
constexpr std::array kMetrics{kTables[0].entries, kTables[0].used, kTables[0].overflows,
                              kTables[1].entries, kTables[1].used, kTables[1].overflows};

constexpr int kHexadecimal = 16;

}  // namespace

std::optional<std::uint64_t> first_stat_column(std::string_view text, std::string_view column) {
    std::string_view names;
    std::string_view values;
    if (!next_line(text, names) || !next_line(text, values)) return std::nullopt;
    for (auto name = next_word(names); !name.empty(); name = next_word(names)) {
        const std::string_view value = next_word(values);
        if (name == column) return parse_u64(value, kHexadecimal);
    }
    return std::nullopt;
}

Status NeighboursCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    for (const Table& table : kTables) {
        const std::string_view text = files.text("{}", table.stat);
        const auto count = first_stat_column(text, "entries");
        if (!count) continue;
        const auto lost = sum_stat_column(text, "table_fulls");  // since Linux 2.6.38
        out.add(table.entries, as_double(*count));
        if (lost) out.add(table.overflows, as_double(*lost));
        add_share(out, table.used, {}, as_double(*count), files.number("{}", table.limit));
    }
    return files.outcome("proc/net/stat: no table of neighbours");
}

std::span<const Metric> NeighboursCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
