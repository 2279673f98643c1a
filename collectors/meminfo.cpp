#include "collectors/meminfo.hpp"

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr std::uint64_t kKibibyte = 1024;

constexpr Metric bytes(std::string_view name, Aspect aspect = Aspect::Other) {
    return {name, Unit::Bytes, MetricKind::Gauge, aspect};
}

constexpr std::array<std::string_view, MeminfoFields::kFields> kKeys{
    "MemTotal",        "MemFree",       "MemAvailable", "Buffers",      "Cached",
    "SwapCached",      "SwapTotal",     "SwapFree",     "Dirty",        "Writeback",
    "AnonPages",       "Shmem",         "SReclaimable", "SUnreclaim",   "KernelStack",
    "PageTables",      "Mlocked",       "CommitLimit",  "Committed_AS", "HardwareCorrupted",
    "HugePages_Total", "HugePages_Free"};

// The fields in their order, then what is computed from them.
constexpr std::array<Metric, MeminfoFields::kFields + 2> kMetrics{{
    bytes("memory_total_bytes"),
    bytes("memory_free_bytes"),
    bytes("memory_available_bytes", Aspect::Capacity),
    bytes("memory_buffers_bytes"),
    bytes("memory_cached_bytes"),
    bytes("swap_cached_bytes"),
    bytes("swap_total_bytes"),
    bytes("swap_free_bytes", Aspect::Capacity),
    bytes("memory_dirty_bytes", Aspect::Saturation),
    bytes("memory_writeback_bytes", Aspect::Saturation),
    bytes("memory_anonymous_bytes", Aspect::Utilisation),
    bytes("memory_shmem_bytes", Aspect::Utilisation),
    bytes("memory_slab_reclaimable_bytes"),
    bytes("memory_slab_unreclaimable_bytes", Aspect::Utilisation),
    bytes("memory_kernel_stack_bytes"),
    bytes("memory_page_tables_bytes"),
    bytes("memory_locked_bytes"),
    bytes("memory_commit_limit_bytes"),
    bytes("memory_committed_bytes", Aspect::Capacity),
    bytes("memory_hardware_corrupted_bytes", Aspect::Errors),
    {"hugepages_total_count", Unit::Count, MetricKind::Gauge, Aspect::Other},
    {"hugepages_free_count", Unit::Count, MetricKind::Gauge, Aspect::Capacity},
    {"memory_available_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity},
    {"swap_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity},
}};
constexpr const Metric& kMemoryAvailable = kMetrics[MeminfoFields::kFields];
constexpr const Metric& kSwapUsed = kMetrics[MeminfoFields::kFields + 1];

std::optional<std::size_t> field_of(std::string_view key) {
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
        if (kKeys[i] == key) return i;
    }
    return std::nullopt;
}

std::optional<double> ratio(std::optional<std::uint64_t> part, std::optional<std::uint64_t> whole) {
    if (!part || !whole || *whole == 0 || *part > *whole) return std::nullopt;
    return as_double(*part) / as_double(*whole);
}

}  // namespace

Result<MeminfoFields> parse_meminfo(std::string_view text) {
    MeminfoFields fields;
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto field = field_of(line.substr(0, colon));
        if (!field) continue;
        std::string_view words = line.substr(colon + 1);
        const auto number = next_u64(words);
        const std::uint64_t scale = next_word(words) == "kB" ? kKibibyte : 1;
        if (!number || *number > UINT64_MAX / scale) {
            return make_error(Errc::Parse, "proc/meminfo: expected a number of kB, got '{}'",
                              excerpt(line));
        }
        fields.values[*field] = *number * scale;
    }
    if (!fields[MeminfoFields::Total]) {
        return make_error(Errc::Parse, "proc/meminfo: expected MemTotal, got '{}'", excerpt(text));
    }
    return fields;
}

Status MeminfoCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto fields = parse_meminfo(*text);
    if (!fields) return fields.error();
    for (std::size_t i = 0; i < fields->values.size(); ++i) {
        if (fields->values[i]) out.add(kMetrics[i], as_double(*fields->values[i]));
    }
    using enum MeminfoFields::Field;
    if (const auto available = ratio((*fields)[Available], (*fields)[Total])) {
        out.add(kMemoryAvailable, *available);
    }
    if (const auto free = ratio((*fields)[SwapFree], (*fields)[SwapTotal])) {
        out.add(kSwapUsed, 1 - *free);
    }
    return Ok{};
}

std::span<const Metric> MeminfoCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
