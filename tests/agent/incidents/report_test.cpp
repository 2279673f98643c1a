#include "agent/incidents/report.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace homeostat;

namespace {

constexpr Instant kStart{.monotonic_ns = hours(1).ns, .unix_ns = 1'795'176'000LL * 1'000'000'000};

Incident incident(Duration told_after, Duration over_after, std::string_view action) {
    Incident out;
    out.onset = kStart;
    out.opened = kStart + told_after;
    if (over_after.ns > 0) {
        out.state = IncidentState::Resolved;
        out.ended = kStart + over_after;
    }
    if (!action.empty()) {
        ActionRecord record;
        record.state = action;
        REQUIRE(out.actions.push(record));
        REQUIRE(out.causes.push(Cause{}));
    }
    return out;
}

}  // namespace

TEST_CASE("report: medians, causes and actions of the time that was asked for") {
    const std::vector<Incident> all{incident(seconds(5), seconds(60), "effective"),
                                    incident(seconds(10), seconds(90), "planned"),
                                    incident(seconds(15), Duration{}, "")};
    const ReportFigures figures = figures_of(all, kStart.unix_ns);
    CHECK(figures.incidents == 3);
    CHECK(figures.open == 1);
    CHECK(figures.with_cause == 2);
    CHECK(figures.acted == 1);
    CHECK(figures.effective == 1);
    CHECK(figures.would_act == 1);
    CHECK(figures.detect_seconds == doctest::Approx(10));
    CHECK(figures.resolve_seconds == doctest::Approx(90));
    CHECK(figures_of(all, kStart.unix_ns + seconds(12).ns).incidents == 1);
    Preferences preferences;
    FeedbackEffect effect;
    effect.noise = 2;
    REQUIRE(preferences.feedback.push(effect));
    const std::string text = report_text(figures, preferences, 7);
    CHECK(text.find("Incidents in 7.0 days: 3 (3.0 a week), 1 still open") != std::string::npos);
    CHECK(text.find("2 noise") != std::string::npos);
    CHECK(report_json(figures, preferences, 7).find("\"detect_seconds\": 10.0") !=
          std::string::npos);
}

TEST_CASE("report: nothing happened") {
    const ReportFigures figures = figures_of({}, 0);
    CHECK(figures.incidents == 0);
    CHECK(report_text(figures, Preferences{}, 7).find("0 (0.0 a week)") != std::string::npos);
}
