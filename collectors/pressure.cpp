#include "collectors/pressure.hpp"

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric stall(std::string_view name) {
    return {name, Unit::Seconds, MetricKind::Counter, Aspect::Saturation};
}

constexpr Metric share(std::string_view name) {
    return {name, Unit::None, MetricKind::Ratio, Aspect::Saturation};
}

// For each file, in their order: some, full. "irq" has only full.
struct LineMetrics {
    Metric total;
    Metric avg60;
};

constexpr std::array<LineMetrics, 8> kLines{{
    {stall("pressure_cpu_some_seconds"), share("pressure_cpu_some_avg60_ratio")},
    {stall("pressure_cpu_full_seconds"), share("pressure_cpu_full_avg60_ratio")},
    {stall("pressure_memory_some_seconds"), share("pressure_memory_some_avg60_ratio")},
    {stall("pressure_memory_full_seconds"), share("pressure_memory_full_avg60_ratio")},
    {stall("pressure_io_some_seconds"), share("pressure_io_some_avg60_ratio")},
    {stall("pressure_io_full_seconds"), share("pressure_io_full_avg60_ratio")},
    {stall("pressure_irq_some_seconds"), share("pressure_irq_some_avg60_ratio")},
    {stall("pressure_irq_full_seconds"), share("pressure_irq_full_avg60_ratio")},
}};

constexpr auto kMetrics = [] {
    std::array<Metric, 2 * kLines.size()> all{};
    for (std::size_t i = 0; i < kLines.size(); ++i) {
        all[2 * i] = kLines[i].total;
        all[2 * i + 1] = kLines[i].avg60;
    }
    return all;
}();

// The words after "some" or "full".
std::optional<PressureLine> parse_line(std::string_view words) {
    constexpr double kMicroseconds = 1e-6;
    constexpr double kPercent = 0.01;
    constexpr std::string_view kAvg60 = "avg60=";
    constexpr std::string_view kTotal = "total=";
    std::optional<double> avg60;
    std::optional<std::uint64_t> total;
    for (auto word = next_word(words); !word.empty(); word = next_word(words)) {
        if (word.substr(0, kAvg60.size()) == kAvg60)
            avg60 = parse_double(word.substr(kAvg60.size()));
        if (word.substr(0, kTotal.size()) == kTotal) total = parse_u64(word.substr(kTotal.size()));
    }
    if (!avg60 || !total) return std::nullopt;
    return PressureLine{as_double(*total) * kMicroseconds, *avg60 * kPercent};
}

void add_line(Samples& out, const LineMetrics& metrics, const std::optional<PressureLine>& line) {
    if (!line) return;
    out.add(metrics.total, line->total_seconds);
    out.add(metrics.avg60, line->avg60);
}

}  // namespace

Result<PressureLines> parse_pressure(std::string_view text) {
    PressureLines lines;
    std::string_view rest = text;
    for (std::string_view line; next_line(rest, line);) {
        std::string_view words = line;
        const std::string_view kind = next_word(words);
        if (kind != "some" && kind != "full") continue;
        auto& slot = kind == "some" ? lines.some : lines.full;
        slot = parse_line(words);
        if (!slot) {
            return make_error(Errc::Parse, "pressure: expected avg60= and total=, got '{}'",
                              excerpt(line));
        }
    }
    if (!lines.some && !lines.full) {
        return make_error(Errc::Parse, "pressure: expected 'some' or 'full', got '{}'",
                          excerpt(text));
    }
    return lines;
}

Status PressureCollector::collect(const Root& root, Samples& out) {
    bool any = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const auto text = read_source(root, files_[i], bench_.buffer());
        if (!text && text.error().code == Errc::NotAvailable) continue;
        if (!text) return text.error();
        const auto lines = parse_pressure(*text);
        if (!lines) return lines.error();
        add_line(out, kLines[2 * i], lines->some);
        add_line(out, kLines[2 * i + 1], lines->full);
        any = true;
    }
    if (any) return Ok{};
    return make_error(Errc::NotAvailable,
                      "proc/pressure: this kernel has no pressure stall information");
}

std::span<const Metric> PressureCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
