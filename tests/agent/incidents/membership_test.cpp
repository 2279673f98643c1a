#include "agent/incidents/membership.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

const Instant kNow = Instant{} + hours(1);

Finding finding(std::string_view condition, Severity severity, std::string_view kind = "kind") {
    Finding made;
    made.condition = condition;
    made.incident = kind;
    made.severity = severity;
    made.since = kNow;
    return made;
}

}  // namespace

TEST_CASE("membership: a finding that is known is renewed and keeps its beginning") {
    Incident incident;
    incident.kind = "kind";
    Finding first = finding("a", Severity::Warning);
    CHECK(merge(incident, first, kNow));
    first.since = kNow + seconds(10);
    first.value = 7;
    CHECK_FALSE(merge(incident, first, kNow + seconds(10)));
    REQUIRE(incident.findings.size() == 1);
    CHECK(incident.findings[0].since == kNow);
    CHECK(incident.findings[0].last_held == kNow + seconds(10));
    CHECK(incident.findings[0].value == 7);
}

TEST_CASE("membership: the worst value stays, whichever side is the bad one") {
    Finding high = finding("full", Severity::Warning);
    high.limit = 0.9;
    Finding low = finding("memory_low", Severity::Warning);
    low.limit = 0.1;
    low.worse_below = true;
    struct Row {
        Finding& finding;
        double values[3];
        double worst;
    };
    // The last one is on its way out: past its limit no more.
    for (const Row& row : {Row{high, {0.92, 0.98, 0.2}, 0.98}, Row{low, {0.08, 0.02, 0.9}, 0.02}}) {
        CAPTURE(row.finding.condition.view());
        Incident incident;
        for (const double value : row.values) {
            row.finding.value = value;
            merge(incident, row.finding, kNow);
        }
        CHECK(incident.findings[0].worst == row.worst);
        CHECK(incident.findings[0].value == row.values[2]);
        row.finding.source_silent = true;
        row.finding.value = row.worst;
        merge(incident, row.finding, kNow);
        CHECK(incident.findings[0].worst == row.worst);
    }
}

TEST_CASE("membership: what finds no room is counted") {
    Incident incident;
    for (int i = 0; i < 10; ++i) {
        FixedString<15> name;
        format_into(name, "condition{}", i);
        merge(incident, finding(name, Severity::Warning), kNow);
    }
    CHECK(incident.findings.full());
    CHECK(incident.findings_dropped == 4);
    CHECK(find_known(incident, finding("condition9", Severity::Warning)) == nullptr);
}

TEST_CASE("membership: what is merely notable gives way to what is a fault") {
    Incident incident;
    incident.kind = "kind";
    FixedString<47> name;
    for (std::size_t i = 0; i < incident.findings.capacity(); ++i) {
        name.clear();
        format_into(name, "notable{}", i);
        merge(incident, finding(name, Severity::Info, ""), kNow);
    }
    CHECK(merge(incident, finding("real", Severity::Warning), kNow));
    CHECK(incident.findings_dropped == 1);
    CHECK(find_known(incident, finding("real", Severity::Warning)) != nullptr);
    CHECK_FALSE(merge(incident, finding("more", Severity::Info, ""), kNow));
    CHECK(incident.findings_dropped == 2);
}

TEST_CASE(
    "membership: its own kind leads, then what holds, then what is worst, then what happened") {
    Incident incident;
    incident.kind = "kind";
    Finding forecast = finding("forecast", Severity::Error);
    forecast.kind = FindingKind::Forecast;
    merge(incident, finding("notable", Severity::Critical, ""), kNow);
    merge(incident, finding("kin", Severity::Critical, "other"), kNow);
    merge(incident, finding("gone", Severity::Critical), kNow + seconds(-60));
    merge(incident, forecast, kNow);
    merge(incident, finding("happened", Severity::Error), kNow);
    sort_by_lead(incident, kNow);
    CHECK(incident.findings[0].condition == "happened");
    CHECK(incident.findings[1].condition == "forecast");
    CHECK(incident.findings[2].condition == "gone");
    CHECK(incident.findings[3].condition == "kin");
    CHECK(incident.findings[4].condition == "notable");
}

TEST_CASE("membership: severity is of what holds and is measured") {
    Incident incident;
    CHECK_FALSE(severity_of(incident, kNow));
    Finding silent = finding("silent", Severity::Critical);
    silent.source_silent = true;
    merge(incident, silent, kNow);
    merge(incident, finding("gone", Severity::Critical), kNow + seconds(-60));
    merge(incident, finding("notable", Severity::Critical, ""), kNow);
    CHECK_FALSE(severity_of(incident, kNow));
    merge(incident, finding("holds", Severity::Warning), kNow);
    CHECK(severity_of(incident, kNow) == Severity::Warning);
}
