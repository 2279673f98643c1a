#include "collectors/cpufreq.hpp"

#include <algorithm>
#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kFrequency{"cpu_frequency_ratio", Unit::None, MetricKind::Gauge,
                            Aspect::Utilisation};
constexpr Metric kLimit{"cpu_frequency_limit_ratio", Unit::None, MetricKind::Gauge, Aspect::Other};
constexpr Metric kOffline{"cpus_offline_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr std::array kMetrics{kFrequency, kLimit, kOffline};

constexpr const char* kDirectory = "sys/devices/system/cpu/cpufreq";
constexpr std::uint64_t kCpusMax = 65536;  // more is no list of cores

// The cores of "8" or "0-3".
std::optional<std::uint64_t> count_range(std::string_view range) {
    const auto dash = range.find('-');
    const auto first = parse_u64(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_u64(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= kCpusMax) return std::nullopt;
    return *last - *first + 1;
}

}  // namespace

std::optional<std::uint32_t> count_cpu_list(std::string_view text) {
    std::uint64_t count = 0;
    do {
        const auto comma = text.find(',');
        const auto range = count_range(text.substr(0, comma));
        if (!range) return std::nullopt;
        count += *range;
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    } while (count <= kCpusMax);
    if (count > kCpusMax) return std::nullopt;
    return static_cast<std::uint32_t>(count);
}

Status CpufreqCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    double frequencies = 0;
    double lowest_limit = 1;
    std::uint32_t policies = 0;
    files.each(kDirectory, [&](std::string_view policy) {
        const auto most = files.number("{}/{}/cpuinfo_max_freq", kDirectory, policy);
        const auto now = files.number("{}/{}/scaling_cur_freq", kDirectory, policy);
        const auto limit = files.number("{}/{}/scaling_max_freq", kDirectory, policy);
        if (!most || !now || *most <= 0) return;
        frequencies += *now / *most;  // above 1 while the cores are boosted
        if (limit) lowest_limit = std::min(lowest_limit, *limit / *most);
        ++policies;
    });
    if (policies > 0) {
        out.add(kFrequency, frequencies / policies);
        out.add(kLimit, lowest_limit);
    }
    const auto present = count_cpu_list(files.text("sys/devices/system/cpu/present"));
    const auto online = count_cpu_list(files.text("sys/devices/system/cpu/online"));
    if (present && online && *online <= *present) out.add(kOffline, *present - *online);
    return files.outcome("sys/devices/system/cpu: neither clocks nor a list of cores");
}

std::span<const Metric> CpufreqCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
