#include "collectors/conntrack.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kEntries{"conntrack_entries_count", Unit::Count, MetricKind::Gauge,
                          Aspect::Utilisation};
constexpr Metric kUsed{"conntrack_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity};
constexpr Metric kDrops{"conntrack_drops_count", Unit::Count, MetricKind::Counter, Aspect::Errors};
constexpr Metric kEarlyDrops{"conntrack_early_drops_count", Unit::Count, MetricKind::Counter,
                             Aspect::Saturation};
constexpr Metric kInsertFailures{"conntrack_insert_failures_count", Unit::Count,
                                 MetricKind::Counter, Aspect::Errors};
constexpr std::array kMetrics{kEntries, kUsed, kDrops, kEarlyDrops, kInsertFailures};

constexpr int kHexadecimal = 16;

std::optional<std::size_t> index_of(std::string_view names, std::string_view column) {
    std::size_t index = 0;
    for (auto name = next_word(names); !name.empty(); name = next_word(names), ++index) {
        if (name == column) return index;
    }
    return std::nullopt;
}

void add_column(Samples& out, const Metric& metric, std::string_view text,
                std::string_view column) {
    if (const auto sum = sum_stat_column(text, column)) out.add(metric, as_double(*sum));
}

}  // namespace

std::optional<std::uint64_t> sum_stat_column(std::string_view text, std::string_view column) {
    std::string_view names;
    if (!next_line(text, names)) return std::nullopt;
    const auto index = index_of(names, column);
    if (!index) return std::nullopt;
    std::uint64_t sum = 0;
    bool any = false;
    for (std::string_view line; next_line(text, line);) {
        for (std::size_t i = 0; i < *index; ++i) next_word(line);
        const auto value = parse_u64(next_word(line), kHexadecimal);
        if (!value) return std::nullopt;
        sum += *value;
        any = true;
    }
    if (!any) return std::nullopt;
    return sum;
}

Status ConntrackCollector::collect(const Root& root, Samples& out) {
    const auto buffer = bench_.buffer();
    const auto entries = read_number(root, "proc/sys/net/netfilter/nf_conntrack_count", buffer);
    if (!entries && entries.error().code == Errc::NotFound) {
        return make_error(Errc::NotAvailable, "proc/sys/net/netfilter: no connections are tracked");
    }
    if (!entries) return entries.error();
    out.add(kEntries, as_double(*entries));
    const auto limit = read_number(root, "proc/sys/net/netfilter/nf_conntrack_max", buffer);
    if (limit && *limit > 0) out.add(kUsed, as_double(*entries) / as_double(*limit));

    const auto stat = root.read("proc/net/stat/nf_conntrack", buffer);
    if (!stat) return Ok{};  // built without its statistics
    add_column(out, kDrops, *stat, "drop");
    add_column(out, kEarlyDrops, *stat, "early_drop");
    add_column(out, kInsertFailures, *stat, "insert_failed");
    return Ok{};
}

std::span<const Metric> ConntrackCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
