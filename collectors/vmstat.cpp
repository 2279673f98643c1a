#include "collectors/vmstat.hpp"

#include "collectors/source.hpp"

namespace homeostat {
namespace {

using enum VmstatFields::Field;

struct Row {
    std::string_view key;
    bool is_prefix;  // one line per zone or kind: their sum
    VmstatFields::Field field;
};

constexpr std::array kRows{
    Row{"pgpgin", false, PagedInKibibytes},
    Row{"pgpgout", false, PagedOutKibibytes},
    Row{"pswpin", false, SwappedInPages},
    Row{"pswpout", false, SwappedOutPages},
    Row{"pgfault", false, Faults},
    Row{"pgmajfault", false, MajorFaults},
    Row{"allocstall", true, AllocationStalls},
    Row{"pgscan_direct", false, DirectScannedPages},  // not pgscan_direct_throttle
    Row{"pgsteal_direct", false, DirectReclaimedPages},
    Row{"pgscan_kswapd", false, KswapdScannedPages},
    Row{"compact_stall", false, CompactionStalls},
    Row{"workingset_refault", true, RefaultedPages},
    Row{"oom_kill", false, OomKills},
};

enum class Scale : std::uint8_t { One, Kibibytes, Pages };

constexpr Metric counter(std::string_view name, Unit unit, Aspect aspect) {
    return {name, unit, MetricKind::Counter, aspect};
}

constexpr std::array<Metric, VmstatFields::kFields> kMetrics{{
    counter("vm_paged_in_bytes", Unit::Bytes, Aspect::Traffic),
    counter("vm_paged_out_bytes", Unit::Bytes, Aspect::Traffic),
    counter("swap_in_bytes", Unit::Bytes, Aspect::Saturation),
    counter("swap_out_bytes", Unit::Bytes, Aspect::Saturation),
    counter("vm_faults_count", Unit::Count, Aspect::Traffic),
    counter("vm_major_faults_count", Unit::Count, Aspect::Saturation),
    counter("vm_allocation_stalls_count", Unit::Count, Aspect::Saturation),
    counter("vm_direct_scanned_bytes", Unit::Bytes, Aspect::Saturation),
    counter("vm_direct_reclaimed_bytes", Unit::Bytes, Aspect::Saturation),
    counter("vm_kswapd_scanned_bytes", Unit::Bytes, Aspect::Traffic),
    counter("vm_compaction_stalls_count", Unit::Count, Aspect::Saturation),
    counter("vm_refaulted_bytes", Unit::Bytes, Aspect::Saturation),
    counter("oom_kills_count", Unit::Count, Aspect::Errors),
}};

constexpr std::array<Scale, VmstatFields::kFields> kScales{
    Scale::Kibibytes, Scale::Kibibytes, Scale::Pages, Scale::Pages, Scale::One,
    Scale::One,       Scale::One,       Scale::Pages, Scale::Pages, Scale::Pages,
    Scale::One,       Scale::Pages,     Scale::One};

bool matches(const Row& row, std::string_view key) {
    return row.is_prefix ? key.substr(0, row.key.size()) == row.key : key == row.key;
}

const Row* row_of(std::string_view key) {
    for (const Row& row : kRows) {
        // The first letter tells most of the file's 190 lines apart.
        if (!key.empty() && key[0] == row.key[0] && matches(row, key)) return &row;
    }
    return nullptr;
}

double scale_of(Scale scale, std::uint64_t page_bytes) {
    constexpr double kKibibyte = 1024;
    switch (scale) {
        case Scale::One: return 1;
        case Scale::Kibibytes: return kKibibyte;
        case Scale::Pages: return as_double(page_bytes);
    }
    return 1;
}

}  // namespace

Result<VmstatFields> parse_vmstat(std::string_view text) {
    VmstatFields fields;
    bool any = false;
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        std::string_view words = line;
        const Row* row = row_of(next_word(words));
        if (row == nullptr) continue;
        const auto number = next_u64(words);
        if (!number) {
            return make_error(Errc::Parse, "proc/vmstat: expected a name and a count, got '{}'",
                              excerpt(line));
        }
        auto& value = fields.values[row->field];
        value = value.value_or(0) + *number;
        any = true;
    }
    if (!any) {
        return make_error(Errc::Parse,
                          "proc/vmstat: expected lines of a name and a count, got '{}'",
                          excerpt(text));
    }
    return fields;
}

Status VmstatCollector::collect(const Root& root, Samples& out) {
    const auto text = read_source(root, file_, bench_.buffer());
    if (!text) return text.error();
    const auto fields = parse_vmstat(*text);
    if (!fields) return fields.error();
    for (std::size_t i = 0; i < kMetrics.size(); ++i) {
        if (!fields->values[i]) continue;
        const double scale = scale_of(kScales[i], bench_.page_bytes());
        out.add(kMetrics[i], as_double(*fields->values[i]) * scale);
    }
    return Ok{};
}

std::span<const Metric> VmstatCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
