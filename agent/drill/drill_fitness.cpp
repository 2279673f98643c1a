#include "agent/drill/drill_fitness.hpp"

#include <algorithm>
#include <array>

#include "collectors/loadavg.hpp"
#include "collectors/meminfo.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

// A healthy host is far below these; the limits of the catalogue lie above them.
constexpr double kCpuWaitMax = 0.50;
constexpr double kMemoryWaitMax = 0.05;
constexpr double kIoWaitMax = 0.30;
constexpr double kLoadPerCoreMax = 2;  // where nothing better is known
constexpr double kMemoryAvailableMin = 0.20;

// "some avg10=1.23 avg60=...": the share of the last ten seconds; negative: not there.
double some_avg10(const Root& root, const char* path) {
    constexpr double kPercent = 0.01;
    std::array<char, 512> buffer{};
    const auto text = root.read(path, buffer);
    if (!text) return -1;
    constexpr std::string_view kSome = "some avg10=";
    const auto at = text->find(kSome);
    if (at == std::string_view::npos) return -1;
    std::string_view rest = text->substr(at + kSome.size());
    const auto value = parse_double(next_word(rest));
    return value ? *value * kPercent : -1;
}

}  // namespace

HostStrain read_strain(const Root& root, unsigned cores) {
    HostStrain strain;
    const double cpu = some_avg10(root, "proc/pressure/cpu");
    strain.pressure_known = cpu >= 0;
    strain.cpu = std::max(0.0, cpu);
    strain.memory = std::max(0.0, some_avg10(root, "proc/pressure/memory"));
    strain.io = std::max(0.0, some_avg10(root, "proc/pressure/io"));
    std::array<char, 8192> buffer{};
    if (const auto text = root.read("proc/loadavg", buffer)) {
        const auto load = parse_loadavg(*text);
        if (load) strain.load_per_core = load->one_minute / std::max(1U, cores);
    }
    if (const auto text = root.read("proc/meminfo", buffer)) {
        const auto memory = parse_meminfo(*text);
        if (memory && (*memory)[MeminfoFields::Available] && (*memory)[MeminfoFields::Total]) {
            strain.memory_available_ratio =
                static_cast<double>(*(*memory)[MeminfoFields::Available]) /
                static_cast<double>(std::max<std::uint64_t>(1, *(*memory)[MeminfoFields::Total]));
        }
    }
    return strain;
}

Status check_fitness(const HostStrain& strain) {
    if (strain.pressure_known && strain.cpu > kCpuWaitMax) {
        return make_error(Errc::Failed, "tasks waited for a processor in {:.0f} % of the last 10 s",
                          100 * strain.cpu);
    }
    if (!strain.pressure_known && strain.load_per_core > kLoadPerCoreMax) {
        return make_error(Errc::Failed, "the load is {:.1f} for each core", strain.load_per_core);
    }
    if (strain.memory > kMemoryWaitMax) {
        return make_error(Errc::Failed, "tasks waited for memory in {:.0f} % of the last 10 s",
                          100 * strain.memory);
    }
    if (strain.io > kIoWaitMax) {
        return make_error(Errc::Failed, "tasks waited for a disk in {:.0f} % of the last 10 s",
                          100 * strain.io);
    }
    if (strain.memory_available_ratio < kMemoryAvailableMin) {
        return make_error(Errc::Failed, "only {:.0f} % of the memory is available",
                          100 * strain.memory_available_ratio);
    }
    return Ok{};
}

}  // namespace homeostat
