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

// Of one severity, whatever the cause.
std::uint64_t opened(const IncidentTally& tally, std::size_t severity) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : tally.opened()[severity]) sum += count;
    return sum;
}

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
    CHECK(opened(tally, kWarning) == 1);
    CHECK(opened(tally, kCritical) == 0);
    Incident over = incident_of(1, "filesystem_space", Severity::Warning, 2);
    over.state = IncidentState::Resolved;
    tally.note(over);
    CHECK(tally.kinds()[0].active[kWarning] == 0);
    CHECK(tally.kinds()[0].active[kCritical] == 0);
    CHECK(opened(tally, kWarning) == 1);
}

TEST_CASE("incident_tally: one from before a restart is active and was not opened now") {
    IncidentTally tally;
    tally.note(incident_of(1, "memory", Severity::Warning, 5));
    CHECK(tally.kinds()[0].active[kWarning] == 1);
    CHECK(opened(tally, kWarning) == 0);
    Incident over = incident_of(2, "memory", Severity::Warning, 3);
    over.state = IncidentState::Resolved;
    tally.note(over);
    CHECK(tally.kinds()[0].active[kWarning] == 1);
}

TEST_CASE("incident_tally: what the store knows at start is active, and not opened again") {
    IncidentTally tally;
    tally.restore(incident_of(1, "memory", Severity::Warning));
    tally.restore(incident_of(2, "memory", Severity::Critical, 4));
    tally.restore(incident_of(2, "memory", Severity::Critical, 4));
    Incident over = incident_of(3, "memory", Severity::Warning, 3);
    over.state = IncidentState::Resolved;
    tally.restore(over);
    REQUIRE(tally.kinds().size() == 1);
    CHECK(tally.kinds()[0].active[kWarning] == 1);
    CHECK(tally.kinds()[0].active[kCritical] == 1);
    CHECK(opened(tally, kWarning) == 0);
    CHECK(opened(tally, kCritical) == 0);
    tally.note(incident_of(1, "memory", Severity::Critical, 1));
    CHECK(tally.kinds()[0].active[kWarning] == 0);
    CHECK(tally.kinds()[0].active[kCritical] == 2);
    over = incident_of(2, "memory", Severity::Critical, 5);
    over.state = IncidentState::Resolved;
    tally.note(over);
    CHECK(tally.kinds()[0].active[kCritical] == 1);
}

TEST_CASE("incident_tally: kinds and incidents beyond its tables cost nothing but detail") {
    IncidentTally tally;
    for (std::uint64_t n = 0; n < 100; ++n) {
        tally.note(incident_of(n, fmt::format("kind_{}", n).c_str(), Severity::Warning));
    }
    REQUIRE(tally.kinds().size() == IncidentTally::kKindsMax);
    const IncidentCounts& other = tally.kinds().back();
    CHECK(other.kind == "other");
    CHECK(other.active[kWarning] == 100 - IncidentTally::kKindsMax + 1);
    for (std::uint64_t n = 100; n < 400; ++n) {
        tally.note(incident_of(n, "kind_0", Severity::Warning));
    }
    CHECK(opened(tally, kWarning) == 400);
    CHECK(tally.kinds()[0].active[kWarning] == IncidentTally::kOpenMax - 99);
    for (std::uint64_t n = 0; n < 400; ++n) {
        Incident over = incident_of(n, "kind_0", Severity::Warning, 1);
        over.state = IncidentState::Resolved;
        tally.note(over);
    }
    for (const IncidentCounts& counts : tally.kinds()) CHECK(counts.active[kWarning] == 0);
}

TEST_CASE("incident_tally: what was opened is told by what its likeliest cause is of") {
    struct Row {
        const char* cause;  // empty: none
        CauseKind kind;
        const char* name;
    };
    IncidentTally tally;
    std::uint64_t number = 0;
    for (const Row& row :
         {Row{"", CauseKind::Unknown, "unknown"},
          Row{"process:java", CauseKind::Process, "process"},
          Row{"unit:web.service", CauseKind::Unit, "unit"},
          Row{"device:sda", CauseKind::Device, "device"},
          Row{"mount:/a:b", CauseKind::Mount, "mount"},
          Row{"interface:eth0", CauseKind::Interface, "interface"},
          Row{"change:nginx", CauseKind::Change, "change"},
          Row{"something else", CauseKind::Other, "other"},
          Row{"other:x", CauseKind::Other, "other"}, Row{"unknown:x", CauseKind::Other, "other"}}) {
        CAPTURE(row.cause);
        Incident incident = incident_of(++number, "memory", Severity::Critical);
        incident.causes.clear();
        Cause cause;
        cause.name = row.cause;
        if (*row.cause != '\0') REQUIRE(incident.causes.push(cause));
        const auto place = static_cast<std::size_t>(row.kind);
        const std::uint64_t before = tally.opened()[kCritical][place];
        tally.note(incident);
        CHECK(tally.opened()[kCritical][place] == before + 1);
        CHECK(name_of(row.kind) == row.name);
    }
    CHECK(opened(tally, kCritical) == number);
    CHECK(opened(tally, kWarning) == 0);
}
