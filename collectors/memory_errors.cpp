#include "collectors/memory_errors.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kCorrected{"memory_errors_corrected_count", Unit::Count, MetricKind::Counter,
                            Aspect::Errors};
constexpr Metric kUncorrected{"memory_errors_uncorrected_count", Unit::Count, MetricKind::Counter,
                              Aspect::Errors};
constexpr std::array kMetrics{kCorrected, kUncorrected};

constexpr const char* kDirectory = "sys/devices/system/edac/mc";

}  // namespace

Status MemoryErrorsCollector::collect(const Root& root, Samples& out) {
    std::uint64_t corrected = 0;
    std::uint64_t uncorrected = 0;
    bool any = false;
    const auto add = [&](std::string_view controller, std::string_view file, std::uint64_t& sum) {
        FixedString<127> path;
        format_into(path, "{}/{}/{}", kDirectory, controller, file);
        const auto value = read_number(root, path.c_str(), bench_.buffer());
        if (value) sum += *value;
        any = any || value.has_value();
    };
    const auto status = root.list(kDirectory, [&](std::string_view name) {
        if (name.substr(0, 2) == "mc") {
            add(name, "ce_count", corrected);
            add(name, "ue_count", uncorrected);
        }
        return true;
    });
    if (!status && status.error().code != Errc::NotFound) return status;
    if (!any) {
        return make_error(Errc::NotAvailable, "{}: no memory controller reports errors",
                          kDirectory);
    }
    out.add(kCorrected, as_double(corrected));
    out.add(kUncorrected, as_double(uncorrected));
    return Ok{};
}

std::span<const Metric> MemoryErrorsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
