#include "agent/incident_tally.hpp"

#include <doctest/doctest.h>

#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

namespace {

Incident incident_of(std::uint64_t number, const char* kind, Severity severity,
                     std::uint32_t seq = 0) {
    Incident incident = test::sample_incident(number, seq);
    incident.kind = kind;
    incident.severity = severity;
    return incident;
}

constexpr auto kWarning = static_cast<std::size_t>(Severity::Warning);
constexpr auto kCritical = static_cast<std::size_t>(Severity::Critical);

}  // namespace

TEST_CASE("incident_tally: an incident that escalates is counted once and moves") {
    IncidentTally tally;
    tally.note(incident_of(1, "filesystem_space", Severity::Warning));
    REQUIRE(tally.kinds().size() == 1);
    CHECK(tally.kinds()[0].kind == "filesystem_space");
    CHECK(tally.kinds()[0].active[kWarning] == 1);
    tally.note(incident_of(1, "filesystem_space", Severity::Critical, 1));
    CHECK(tally.kinds()[0].active[kWarning] == 0);
    CHECK(tally.kinds()[0].active[kCritical] == 1);
    CHECK(tally.kinds()[0].opened[kWarning] == 1);
    CHECK(tally.kinds()[0].opened[kCritical] == 0);
    Incident over = incident_of(1, "filesystem_space", Severity::Warning, 2);
    over.state = IncidentState::Resolved;
    tally.note(over);
    CHECK(tally.kinds()[0].active[kWarning] == 0);
    CHECK(tally.kinds()[0].active[kCritical] == 0);
    CHECK(tally.kinds()[0].opened[kWarning] == 1);
}

TEST_CASE("incident_tally: one from before a restart is active and was not opened now") {
    IncidentTally tally;
    tally.note(incident_of(1, "memory", Severity::Warning, 5));
    CHECK(tally.kinds()[0].active[kWarning] == 1);
    CHECK(tally.kinds()[0].opened[kWarning] == 0);
    Incident over = incident_of(2, "memory", Severity::Warning, 3);
    over.state = IncidentState::Resolved;
    tally.note(over);
    CHECK(tally.kinds()[0].active[kWarning] == 1);
}

TEST_CASE("incident_tally: kinds and incidents beyond its tables cost nothing but detail") {
    IncidentTally tally;
    for (std::uint64_t n = 0; n < 100; ++n) {
        tally.note(incident_of(n, fmt::format("kind_{}", n).c_str(), Severity::Warning));
    }
    REQUIRE(tally.kinds().size() == IncidentTally::kKindsMax);
    const IncidentCounts& other = tally.kinds().back();
    CHECK(other.kind == "other");
    CHECK(other.opened[kWarning] == 100 - IncidentTally::kKindsMax + 1);
    for (std::uint64_t n = 100; n < 400; ++n) {
        tally.note(incident_of(n, "kind_0", Severity::Warning));
    }
    CHECK(tally.kinds()[0].opened[kWarning] == 301);
    CHECK(tally.kinds()[0].active[kWarning] == IncidentTally::kOpenMax - 99);
    for (std::uint64_t n = 0; n < 400; ++n) {
        Incident over = incident_of(n, "kind_0", Severity::Warning, 1);
        over.state = IncidentState::Resolved;
        tally.note(over);
    }
    for (const IncidentCounts& counts : tally.kinds()) CHECK(counts.active[kWarning] == 0);
}
