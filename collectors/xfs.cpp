#include "collectors/xfs.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kLogWaits{"xfs_log_waits_count", Unit::Count, MetricKind::Counter,
                           Aspect::Saturation};
constexpr Metric kSpaceWaits{"xfs_log_space_waits_count", Unit::Count, MetricKind::Counter,
                             Aspect::Saturation};
constexpr std::array kMetrics{kLogWaits, kSpaceWaits};

constexpr const char* kDirectory = "sys/fs/xfs";
constexpr std::size_t kNoBuffer = 2;    // "log": writes, blocks, noiclogs
constexpr std::size_t kNoLogSpace = 1;  // "push_ail": try_logspace, sleep_logspace

std::optional<double> as_known(std::optional<std::uint64_t> value) {
    if (!value) return std::nullopt;
    return as_double(*value);
}

}  // namespace

std::optional<std::uint64_t> xfs_stat(std::string_view text, std::string_view name,
                                      std::size_t index) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line) != name) continue;
        for (std::size_t i = 0; i < index; ++i) next_word(line);
        return next_u64(line);
    }
    return std::nullopt;
}

Status XfsCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each(kDirectory, [&](std::string_view device) {
        const std::string_view text = files.text("{}/{}/stats/stats", kDirectory, device);
        const Subject subject{.kind = SubjectKind::Device, .name = device};
        add_known(out, kLogWaits, subject, as_known(xfs_stat(text, "log", kNoBuffer)));
        add_known(out, kSpaceWaits, subject, as_known(xfs_stat(text, "push_ail", kNoLogSpace)));
    });
    return files.outcome("sys/fs/xfs: no XFS is mounted");
}

std::span<const Metric> XfsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
