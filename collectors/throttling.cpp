#include "collectors/throttling.hpp"

#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kCore{"cpu_core_throttles_count", Unit::Count, MetricKind::Counter,
                       Aspect::Errors};
constexpr Metric kPackage{"cpu_package_throttles_count", Unit::Count, MetricKind::Counter,
                          Aspect::Errors};
constexpr std::array kMetrics{kCore, kPackage};

constexpr const char* kDirectory = "sys/devices/system/cpu";

}  // namespace

Status ThrottlingCollector::collect(const Root& root, Samples& out) {
    std::uint64_t core = 0;
    std::uint64_t package = 0;
    bool any = false;
    const auto add = [&](std::string_view cpu, std::string_view file, std::uint64_t& sum) {
        FixedString<127> path;
        format_into(path, "{}/{}/thermal_throttle/{}", kDirectory, cpu, file);
        const auto value = read_number(root, path.c_str(), bench_.buffer());
        if (value) sum += *value;
        any = any || value.has_value();
    };
    const auto status = root.list(kDirectory, [&](std::string_view name) {
        if (name.substr(0, 3) == "cpu" && parse_u64(name.substr(3))) {
            add(name, "core_throttle_count", core);
            add(name, "package_throttle_count", package);
        }
        return true;
    });
    if (!status && status.error().code != Errc::NotFound) return status;
    if (!any) return make_error(Errc::NotAvailable, "{}: no count of throttling", kDirectory);
    out.add(kCore, as_double(core));
    out.add(kPackage, as_double(package));
    return Ok{};
}

std::span<const Metric> ThrottlingCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
