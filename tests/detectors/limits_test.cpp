#include "detectors/limits.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

constexpr Metric kUsed{"filesystem_used_ratio", Unit::None, MetricKind::Ratio, Aspect::Capacity};
constexpr Metric kAvail{"filesystem_avail_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Capacity};
constexpr Metric kSize{"filesystem_size_bytes", Unit::Bytes, MetricKind::Gauge, Aspect::Capacity};
constexpr double kMiB = 1024.0 * 1024;

LimitsSettings small_settings() {
    return {.series_max = 8,
            .conditions_max = 4,
            .forecasts_max = 2,
            .conditions = {stock_conditions().begin(), stock_conditions().end()},
            .forecast_used_min = 0.1,
            .forecast_horizon = hours(24)};
}

// A mount of 64 MiB that is reported once a second.
class Mount {
public:
    void report(double used) {
        now_ = now_ + seconds(1);
        samples_.begin(now_);
        const Subject srv{SubjectKind::Mount, "/srv"};
        samples_.add(kUsed, srv, used);
        samples_.add(kAvail, srv, (1 - used) * 64 * kMiB);
        samples_.add(kSize, srv, 64 * kMiB);
        limits_.observe(samples_);
    }
    void silence(Duration length) {
        now_ = now_ + length;
        samples_.begin(now_);
        limits_.observe(samples_);
    }
    std::vector<Finding> findings() {
        std::vector<Finding> out;
        out.reserve(8);
        limits_.report(samples_, out);
        return out;
    }
    SeriesTable& table() { return table_; }

private:
    SeriesTable table_{8};
    Samples samples_{table_, 8};
    Limits limits_{small_settings()};
    Instant now_{.monotonic_ns = 0, .unix_ns = 1'795'176'000LL * 1'000'000'000};
};

}  // namespace

TEST_CASE("limits: a mount that fills is forecast first and full later, both of one incident") {
    Mount mount;
    double used = 0.2;
    for (int i = 0; i < 60; ++i) mount.report(used);
    CHECK(mount.findings().empty());
    int forecast_at = -1;
    for (int i = 0; i < 90; ++i) {
        mount.report(used += 0.008);
        if (forecast_at < 0 && !mount.findings().empty()) forecast_at = i;
    }
    CHECK(forecast_at >= 15);
    CHECK(forecast_at <= 35);
    Finding filling = mount.findings()[0];
    CHECK(filling.kind == FindingKind::Forecast);
    CHECK(filling.condition == "filesystem_filling");
    CHECK(filling.incident == "filesystem_space");
    CHECK(filling.subject.name == "/srv");
    CHECK(filling.severity == Severity::Error);
    CHECK(filling.rate_per_second == doctest::Approx(0.008 * 64 * kMiB).epsilon(0.1));
    CHECK(filling.seconds_to_limit == doctest::Approx((1 - used) / 0.008).epsilon(0.2));
    for (int i = 0; i < 12; ++i) mount.report(0.97);
    const auto both = mount.findings();
    REQUIRE(both.size() == 2);
    CHECK(both[0].kind == FindingKind::Condition);
    CHECK(both[0].severity == Severity::Error);
    CHECK(both[0].incident == both[1].incident);
    CHECK(both[0].value == 0.97);
}

TEST_CASE("limits: after the clean-up both findings end") {
    Mount mount;
    for (int i = 0; i < 110; ++i) mount.report(0.2 + 0.0071 * i);
    for (int i = 0; i < 12; ++i) mount.report(0.98);
    CHECK(mount.findings().size() == 2);
    for (int i = 0; i < 45; ++i) mount.report(0.2);
    CHECK(mount.findings().empty());
}

TEST_CASE("limits: a mount that went away is unknown, not full") {
    Mount mount;
    for (int i = 0; i < 15; ++i) mount.report(0.97);
    CHECK(mount.findings().size() == 1);
    mount.silence(seconds(60));
    CHECK(mount.findings().size() == 1);
    mount.silence(seconds(60));
    // Nobody measures any mount: the last that was known, marked as such.
    REQUIRE(mount.findings().size() == 1);
    CHECK(mount.findings()[0].source_silent);
    CHECK(mount.findings()[0].value == doctest::Approx(0.97));
}

// The collector gives processor time as a share of the whole machine (collectors/cpu.hpp), so that
// no number of cores may keep a machine that is full from being called so.
TEST_CASE("limits: all cores busy, waiting or stolen is told whatever their number") {
    for (const std::string_view condition : {"cpu_saturated", "cpu_iowait_high", "cpu_stolen"}) {
        CAPTURE(std::string(condition));
        const Condition& row = *find_stock_condition(condition);
        const Metric time{row.metric, Unit::Seconds, MetricKind::Counter, Aspect::Utilisation};
        const Metric witness{row.witness.metric, Unit::Seconds,
                             row.witness.metric == "cpu_long_running_ratio" ? MetricKind::Ratio
                                                                            : MetricKind::Counter,
                             Aspect::Saturation};
        constexpr Metric kCores{"cpu_online_count", Unit::Count, MetricKind::Gauge,
                                Aspect::Capacity};
        SeriesTable table{8};
        Samples samples{table, 8};
        LimitsSettings settings = small_settings();
        settings.conditions_max = 16;
        settings.conditions = {row};
        Limits limits{settings};
        Instant now{.monotonic_ns = 0, .unix_ns = 1'795'176'000LL * 1'000'000'000};
        for (int second = 0; second < 900; ++second) {
            now = now + seconds(1);
            samples.begin(now);
            samples.add(kCores, 64);
            samples.add(time, second * 0.97);
            samples.add(witness, witness.kind == MetricKind::Ratio ? 0.95 : second * 0.95);
            limits.observe(samples);
        }
        std::vector<Finding> found;
        found.reserve(8);
        limits.report(samples, found);
        REQUIRE(found.size() == 1);
        CHECK(found[0].condition == condition);
        CHECK(found[0].value == doctest::Approx(0.97).epsilon(0.01));
    }
}

TEST_CASE("limits: a share of nothing is over, and a lack of what there is none of is no fault") {
    constexpr Metric kSent{"tcp_segments_sent_count", Unit::Count, MetricKind::Counter,
                           Aspect::Traffic};
    constexpr Metric kAgain{"tcp_segments_retransmitted_count", Unit::Count, MetricKind::Counter,
                            Aspect::Errors};
    constexpr Metric kPages{"hugepages_total_count", Unit::Count, MetricKind::Gauge,
                            Aspect::Capacity};
    constexpr Metric kFree{"hugepages_free_count", Unit::Count, MetricKind::Gauge,
                           Aspect::Capacity};
    SeriesTable table(8);
    Samples samples(table, 8);
    Limits limits(small_settings());
    Instant now{.monotonic_ns = 0, .unix_ns = 1'795'176'000LL * 1'000'000'000};
    double sent = 0;
    double again = 0;
    const auto run = [&](int ticks, double sent_each, double again_each) {
        for (int i = 0; i < ticks; ++i) {
            now = now + seconds(1);
            samples.begin(now);
            samples.add(kSent, sent += sent_each);
            samples.add(kAgain, again += again_each);
            samples.add(kPages, 0);
            samples.add(kFree, 0);
            limits.observe(samples);
        }
        std::vector<Finding> out;
        out.reserve(8);
        limits.report(samples, out);
        return out;
    };
    CHECK(run(20, 100, 0).empty());
    const auto lossy = run(20, 100, 30);
    REQUIRE(lossy.size() == 1);
    CHECK(lossy[0].condition == "tcp_retransmits");
    CHECK(run(120, 0, 0).empty());
}

TEST_CASE("limits: a slot that is given to another series starts anew") {
    SeriesTable table(1);
    Samples samples(table, 1);
    Limits limits(small_settings());
    Instant now{.monotonic_ns = 0, .unix_ns = 0};
    std::vector<Finding> out;
    out.reserve(4);
    constexpr Metric kInodes{"filesystem_files_used_ratio", Unit::None, MetricKind::Ratio,
                             Aspect::Capacity};
    const auto tick = [&](const char* mount) {
        now = now + seconds(1);
        samples.begin(now);
        samples.add(kInodes, {SubjectKind::Mount, mount}, 0.97);
        limits.observe(samples);
        out.clear();
        limits.report(samples, out);
    };
    for (int i = 0; i < 15; ++i) tick("/a");
    REQUIRE(out.size() == 1);
    CHECK(out[0].subject.name == "/a");
    table.evict_older_than(seconds(0), now);
    tick("/b");
    CHECK(out.empty());
    for (int i = 0; i < 15; ++i) tick("/b");
    REQUIRE(out.size() == 1);
    CHECK(out[0].subject.name == "/b");
}

TEST_CASE("limits: what finds no room is counted, not grown") {
    SeriesTable table(8);
    Samples samples(table, 8);
    Limits limits(small_settings());
    samples.begin({.monotonic_ns = 1, .unix_ns = 1});
    for (const char* mount : {"/a", "/b", "/c", "/d", "/e", "/f"}) {
        samples.add(kUsed, {SubjectKind::Mount, mount}, 0.5);
    }
    const std::size_t before = limits.memory_bytes();
    limits.observe(samples);
    CHECK(limits.refused() == 2 + 4);  // four conditions and two forecasts had room
    CHECK(limits.memory_bytes() == before);
}
