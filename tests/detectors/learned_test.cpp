#include "detectors/learned.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>

using namespace homeostat;

namespace {

constexpr Metric kLoad{"load1", Unit::None, MetricKind::Gauge, Aspect::Saturation};
constexpr Metric kBytes{"network_received_bytes", Unit::Bytes, MetricKind::Counter,
                        Aspect::Traffic};

// A host that reports a load and a byte counter every ten seconds.
class Host {
public:
    void run(int ticks, double load, double bytes_per_second) {
        for (int i = 0; i < ticks; ++i) {
            now_ = now_ + seconds(10);
            ++tick_;
            bytes_ += 10 * bytes_per_second * (1 + 0.1 * std::sin(tick_ * 0.37));
            samples_.begin(now_);
            samples_.add(kLoad, load * (1 + 0.1 * std::sin(tick_ * 0.77)));
            samples_.add(kBytes, {SubjectKind::Interface, "eth0"}, bytes_);
            learned_.observe(samples_, 0);
        }
    }
    void reset_counter() { bytes_ = 0; }
    std::vector<Finding> findings(bool somebody_suffers = false) {
        std::vector<Finding> out;
        out.reserve(32);
        learned_.report(samples_, out, [&](const Witness&, const Subject&) {
            return std::optional(somebody_suffers);
        });
        return out;
    }
    Learned& learned() { return learned_; }
    [[nodiscard]] Instant now() const { return now_; }

private:
    SeriesTable table_{4};
    Samples samples_{table_, 4};
    Learned learned_{4};
    Instant now_{.monotonic_ns = 0, .unix_ns = 1'795'176'000LL * 1'000'000'000};
    double bytes_ = 0;
    int tick_ = 0;
};

constexpr int kTicksPerDay = 8640;

}  // namespace

TEST_CASE("learned: a load that jumps is notable, opens no incident, and ends") {
    Host host;
    host.run(3 * kTicksPerDay, 1, 1000);
    CHECK(host.findings().empty());
    host.run(24, 30, 1000);
    const auto odd = host.findings();
    REQUIRE_FALSE(odd.empty());
    const Finding& finding = odd.back();
    CHECK(finding.metric == "load1");
    CHECK(finding.incident.empty());
    CHECK(finding.severity == Severity::Info);
    CHECK(finding.value == doctest::Approx(30).epsilon(0.2));
    CHECK(finding.expected < 10);
    CHECK(finding.score > 0.5);
    host.run(kTicksPerDay, 1, 1000);
    CHECK(host.findings().empty());
}

TEST_CASE("learned: what is odd for long, has an effect, and hurts somebody opens an incident") {
    Host host;
    host.run(3 * kTicksPerDay, 1, 1000);
    host.run(24, 30, 1000);
    CHECK(host.findings(false).back().incident.empty());
    const Finding finding = host.findings(true).back();
    CHECK(finding.metric == "load1");
    CHECK(finding.incident == "unusual_cpu");
    CHECK(finding.severity == Severity::Warning);
    CHECK(host.findings(false).back().incident == "unusual_cpu");  // it goes on while it is odd
    host.run(kTicksPerDay, 1, 1000);
    CHECK(host.findings(true).empty());
}

TEST_CASE("learned: a counter is watched by its rate, and a reset is not an oddity") {
    Host host;
    host.run(3 * kTicksPerDay, 1, 1000);
    host.reset_counter();
    host.run(30, 1, 1000);
    CHECK(host.findings().empty());
    host.run(30, 1, 50000);
    const auto odd = host.findings();
    REQUIRE_FALSE(odd.empty());
    CHECK(odd.back().metric == "network_received_bytes");
    CHECK(odd.back().value == doctest::Approx(50000).epsilon(0.2));
}

TEST_CASE("learned: progress counts the series that can judge") {
    Host host;
    host.run(6 * 5, 1, 1000);
    CHECK(host.learned().series() == 2);
    CHECK(host.learned().series_ready() == 0);
    host.run(6 * 30, 1, 1000);
    CHECK(host.learned().series_ready() == 2);
}

TEST_CASE("learned: a series that was taught its past judges at once, another one does not") {
    SeriesTable table(8);
    Samples samples(table, 8);
    Learned learned(8);
    std::vector<PastValue> past;
    constexpr std::int64_t kStep = 300;
    for (std::int64_t i = 0; i < 14 * 24 * 12; ++i) {
        past.push_back({1'790'000'000 + i * kStep, 5 + std::sin(static_cast<double>(i) * 0.77)});
    }
    Instant now{.monotonic_ns = 1'000'000'000,
                .unix_ns = seconds(past.back().unix_seconds + kStep).ns};
    samples.begin(now);
    samples.add(kLoad, 5);
    samples.add(kBytes, {SubjectKind::Interface, "eth0"}, 1);
    learned.observe(samples, 0);
    learned.teach(*table.find("load1", {}), past, 0);

    std::vector<Finding> findings;
    findings.reserve(Learned::kFindingsMax);
    for (int minute = 0; minute < 20 && findings.empty(); ++minute) {
        now = now + minutes(1);
        samples.begin(now);
        samples.add(kLoad, 500);
        learned.observe(samples, 0);
        learned.report(samples, findings,
                       [](const Witness&, const Subject&) { return std::optional(false); });
    }
    CHECK(learned.series_ready() == 1);
    REQUIRE_FALSE(findings.empty());
    CHECK(findings.front().metric == "load1");
}

TEST_CASE("learned: a series that the table does not have cannot be taught") {
    Learned learned(4);
    const PastValue value{1'790'000'000, 1};
    learned.teach({.slot = 99, .generation = 1}, {&value, 1}, 0);
    CHECK(learned.series_ready() == 0);
}

namespace {

LearningHold hold_of(LearningHold::Scope scope, const Subject& subject, Instant until,
                     bool planned = false) {
    return {.scope = scope, .subject = subject, .planned = planned, .until = until};
}

}  // namespace

TEST_CASE("learned: an incident on one subject holds the learning of its series only") {
    Host host;
    host.run(2 * kTicksPerDay, 1, 1000);
    LearningHolds holds;
    holds.add(hold_of(LearningHold::Scope::Subject, {SubjectKind::Interface, "eth0"},
                      host.now() + hours(24)));
    host.learned().set_holds(holds);
    host.run(60, 1, 1000);
    CHECK(host.learned().series_held() == 1);
    host.learned().set_holds({});
    host.run(60, 1, 1000);
    CHECK(host.learned().series_held() == 0);
}

TEST_CASE("learned: a hold covers one thing, one name, or everything") {
    struct Row {
        LearningHold::Scope scope;
        Subject subject;
        std::size_t held;
    };
    for (const Row& row :
         {Row{LearningHold::Scope::All, {}, 2}, Row{LearningHold::Scope::Subject, {}, 1},
          Row{LearningHold::Scope::Name, {SubjectKind::Host, "eth0"}, 1},
          Row{LearningHold::Scope::Subject, {SubjectKind::Host, "eth0"}, 0}}) {
        Host host;
        host.run(2 * kTicksPerDay, 1, 1000);
        LearningHolds holds;
        holds.add(hold_of(row.scope, row.subject, host.now() + hours(24)));
        host.learned().set_holds(holds);
        host.run(60, 1, 1000);
        CHECK(host.learned().series_held() == row.held);
    }
}

TEST_CASE("learned: what lasts for longer than the hold is normal after it, and not before") {
    Host host;
    host.run(3 * kTicksPerDay, 1, 1000);
    LearningHolds holds;
    holds.add(hold_of(LearningHold::Scope::Subject, {}, host.now() + hours(24)));
    host.learned().set_holds(holds);
    host.run(kTicksPerDay - 60, 30, 1000);
    CHECK_FALSE(host.findings().empty());
    host.run(360, 30, 1000);
    CHECK(host.learned().series_held() == 0);
    CHECK(host.findings().empty());
}

TEST_CASE("learned: a series that always came and comes no more is missed, until it is back") {
    SeriesTable table(4);
    Samples samples(table, 4);
    Learned learned(4);
    Instant now{.monotonic_ns = 0, .unix_ns = 0};
    std::vector<Finding> findings;
    findings.reserve(32);
    const auto run = [&](int windows, bool both) {
        for (int i = 0; i < windows; ++i) {
            now = now + minutes(1);
            samples.begin(now);
            samples.add(kLoad, 1 + i % 3);
            if (both) samples.add(kBytes, {SubjectKind::Interface, "eth0"}, 1000.0 * i);
            learned.observe(samples, 0);
        }
        findings.clear();
        learned.report(samples, findings,
                       [](const Witness&, const Subject&) { return std::optional(false); });
    };
    run(50, true);
    run(10, false);
    CHECK(findings.empty());  // not known for long enough to be missed
    run(70, true);
    run(4, false);
    CHECK(findings.empty());
    run(4, false);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].kind == FindingKind::Missing);
    CHECK(findings[0].condition == "learned_missing");
    CHECK(findings[0].subject.name == "eth0");
    CHECK(findings[0].incident.empty());
    run(3, true);
    CHECK(findings.empty());
}
