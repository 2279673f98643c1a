#include "detectors/detectors.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/allocation_guard.hpp"

using namespace homeostat;

namespace {

constexpr Metric kUsed{"filesystem_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity};
constexpr Metric kLoad{"load1", Unit::None, MetricKind::Gauge, Aspect::Saturation};
constexpr Metric kReads{"disk_reads", Unit::Count, MetricKind::Counter, Aspect::Traffic};

}  // namespace

TEST_CASE("detectors: a thousand ticks allocate nothing") {
    SeriesTable table(64);
    Samples samples(table, 64);
    DetectorSettings settings;
    settings.series_max = 64;
    Detectors detectors(settings);
    Instant now{.monotonic_ns = 0, .unix_ns = 1'795'176'000LL * 1'000'000'000};
    std::size_t findings = 0;
    const AllocationGuard guard;
    for (int tick = 0; tick < 1000; ++tick) {
        now = now + seconds(1);
        samples.begin(now);
        samples.add(kUsed, {SubjectKind::Mount, "/"}, std::min(0.2 + tick * 0.001, 1.0));
        samples.add(kLoad, 1 + std::sin(tick));
        for (const char* device : {"sda", "sdb", "sdc"}) {
            samples.add(kReads, {SubjectKind::Device, device}, tick * 100.0);
        }
        findings += detectors.run(samples).size();
    }
    CHECK(guard.count() == 0);
    CHECK(findings > 0);
}

TEST_CASE("detectors: memory is known at the start and does not grow") {
    DetectorSettings settings;
    settings.series_max = 2000;
    const Detectors detectors(settings);
    CHECK(detectors.memory_bytes() > 0);
    CHECK(detectors.memory_bytes() < std::size_t{6} * 1024 * 1024);
}
