#include "collectors/pcie_errors.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

struct Row {
    const char* file;
    Metric metric;
};

constexpr Metric errors(std::string_view name) {
    return {name, Unit::Count, MetricKind::Counter, Aspect::Errors};
}

constexpr std::array kRows{
    Row{"aer_dev_correctable", errors("pcie_errors_corrected_count")},
    Row{"aer_dev_nonfatal", errors("pcie_errors_nonfatal_count")},
    Row{"aer_dev_fatal", errors("pcie_errors_fatal_count")},
};
constexpr std::array kMetrics{kRows[0].metric, kRows[1].metric, kRows[2].metric};

constexpr const char* kDirectory = "sys/bus/pci/devices";
constexpr std::string_view kTotal = "TOTAL_ERR_";

}  // namespace

std::optional<std::uint64_t> parse_aer_total(std::string_view text) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line).substr(0, kTotal.size()) == kTotal) return next_u64(line);
    }
    return std::nullopt;
}

Status PcieErrorsCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    std::array<std::uint64_t, kRows.size()> sums{};
    bool any = false;
    files.each(kDirectory, [&](std::string_view device) {
        for (std::size_t i = 0; i < kRows.size(); ++i) {
            const auto total =
                parse_aer_total(files.text("{}/{}/{}", kDirectory, device, kRows[i].file));
            if (!total) return;  // it counts all three kinds, or none
            sums[i] += *total;
            any = true;
        }
    });
    for (std::size_t i = 0; any && i < kRows.size(); ++i)
        out.add(kRows[i].metric, as_double(sums[i]));
    return files.outcome("sys/bus/pci/devices: no device counts its errors");
}

std::span<const Metric> PcieErrorsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
