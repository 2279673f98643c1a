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

// Threads of one core show one count, and so do all cores of a package: it counts once, at the
// first of those that share it.
struct Source {
    std::string_view count;
    std::string_view sharers;  // a list such as "0-3" or "1,5"
};
constexpr Source kCoreSource{"core_throttle_count", "thread_siblings_list"};
constexpr Source kPackageSource{"package_throttle_count", "core_siblings_list"};

bool leads(std::string_view sharers, std::string_view cpu) {
    const auto first = sharers.substr(0, sharers.find_first_not_of("0123456789"));
    return first.empty() || cpu.substr(std::string_view("cpu").size()) == first;
}

}  // namespace

Status ThrottlingCollector::collect(const Root& root, Samples& out) {
    std::uint64_t core = 0;
    std::uint64_t package = 0;
    bool any = false;
    const auto add = [&](std::string_view cpu, const Source& source, std::uint64_t& sum) {
        FixedString<127> path;
        format_into(path, "{}/{}/thermal_throttle/{}", kDirectory, cpu, source.count);
        const auto value = read_number(root, path.c_str(), bench_.buffer());
        any = any || value.has_value();
        if (!value) return;
        path.clear();
        format_into(path, "{}/{}/topology/{}", kDirectory, cpu, source.sharers);
        const auto sharers = root.read(path.c_str(), bench_.buffer());
        if (!sharers || leads(*sharers, cpu)) sum += *value;
    };
    const auto status = root.list(kDirectory, [&](std::string_view name) {
        if (name.substr(0, 3) == "cpu" && parse_u64(name.substr(3))) {
            add(name, kCoreSource, core);
            add(name, kPackageSource, package);
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
