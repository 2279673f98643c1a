#include "collectors/block_caches.hpp"

#include <array>

#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric kZram{"zram_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity};
constexpr Metric kZramMemory{"zram_memory_bytes", Unit::Bytes, MetricKind::Gauge,
                             Aspect::Utilisation};
constexpr Metric kBcacheFree{"bcache_available_ratio", Unit::None, MetricKind::Ratio,
                             Aspect::Capacity};
constexpr Metric kBcacheRaces{"bcache_read_races_count", Unit::Count, MetricKind::Counter,
                              Aspect::Errors};
constexpr std::array kMetrics{kZram, kZramMemory, kBcacheFree, kBcacheRaces};

constexpr double kPercent = 0.01;

void add_zram(SmallFiles& files, std::string_view device, Samples& out) {
    const Subject subject{.kind = SubjectKind::Device, .name = device};
    const auto use = parse_zram_use(files.text("sys/block/{}/mm_stat", device));
    if (!use) return;
    out.add(kZramMemory, subject, as_double(use->memory_bytes));
    add_share(out, kZram, subject, as_double(use->original_bytes),
              files.number("sys/block/{}/disksize", device));
}

}  // namespace

std::optional<ZramUse> parse_zram_use(std::string_view text) {
    const auto original = next_u64(text);
    next_word(text);  // after compression
    const auto memory = next_u64(text);
    if (!original || !memory) return std::nullopt;
    return ZramUse{.original_bytes = *original, .memory_bytes = *memory};
}

Status BlockCachesCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    files.each("sys/block", [&](std::string_view device) {
        if (device.substr(0, 4) == "zram") add_zram(files, device, out);
    });
    files.each("sys/fs/bcache", [&](std::string_view uuid) {
        const Subject subject{.kind = SubjectKind::Device, .name = uuid};
        const auto free = files.number("sys/fs/bcache/{}/cache_available_percent", uuid);
        if (free) out.add(kBcacheFree, subject, *free * kPercent);
        add_known(out, kBcacheRaces, subject,
                  files.number("sys/fs/bcache/{}/internal/cache_read_races", uuid));
    });
    return files.outcome("sys/block: neither zram nor bcache");
}

std::span<const Metric> BlockCachesCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
