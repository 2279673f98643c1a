#include "collectors/gpu_errors.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kCorrected{"gpu_errors_corrected_count", Unit::Count, MetricKind::Counter,
                            Aspect::Errors};
constexpr Metric kUncorrected{"gpu_errors_uncorrected_count", Unit::Count, MetricKind::Counter,
                              Aspect::Errors};
constexpr std::array kMetrics{kCorrected, kUncorrected};

constexpr const char* kDirectory = "sys/class/drm";

}  // namespace

std::optional<GpuErrors> parse_gpu_errors(std::string_view text) {
    std::optional<std::uint64_t> uncorrected;
    std::optional<std::uint64_t> corrected;
    for (std::string_view line; next_line(text, line);) {
        const std::string_view kind = next_word(line);
        if (kind == "ue:") uncorrected = next_u64(line);
        if (kind == "ce:") corrected = next_u64(line);
    }
    if (!uncorrected || !corrected) return std::nullopt;
    return GpuErrors{*uncorrected, *corrected};
}

Status GpuErrorsCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view card) {
        SmallFiles::Path ras;
        format_into(ras, "{}/{}/device/ras", kDirectory, card);
        std::optional<GpuErrors> sum;
        files.each(ras.c_str(), [&](std::string_view block) {
            const auto errors = parse_gpu_errors(files.text("{}/{}", ras, block));
            if (!errors) return;  // the directory holds other files, too
            if (!sum) sum = GpuErrors{};
            sum->uncorrected += errors->uncorrected;
            sum->corrected += errors->corrected;
        });
        if (!sum) return;
        const Subject subject{.kind = SubjectKind::Device, .name = card};
        out.add(kCorrected, subject, as_double(sum->corrected));
        out.add(kUncorrected, subject, as_double(sum->uncorrected));
    });
    return files.outcome("sys/class/drm: no card counts its errors");
}

std::span<const Metric> GpuErrorsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
