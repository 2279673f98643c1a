#include "core/incident.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

TEST_CASE("incident: an id is a UUIDv7 that sorts by time and reads back") {
    const IncidentId first = make_incident_id(1'795'176'000'000'000'000, {0x1111, 0x2222});
    const IncidentId later = make_incident_id(1'795'176'000'001'000'000, {0x0001, 0x0002});
    CHECK(first < later);
    const auto text = first.text();
    CHECK(text.size() == 36);
    CHECK(text.view()[14] == '7');
    const auto again = parse_incident_id(text.view());
    REQUIRE(again);
    CHECK(*again == first);
}

TEST_CASE("incident: ids that are not UUIDs are nothing") {
    for (const std::string_view text :
         {"", "1", "019ab3c4-0000-7000-8000-00000000000", "019ab3c4x0000-7000-8000-000000000000",
          "019ab3c4-0000-7000-8000-00000000000g", "019ab3c4-0000-7000-8000-0000000000000"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_incident_id(text));
    }
}

TEST_CASE("incident: the fingerprint depends on kind and cause, not on the host's numbers") {
    Incident a;
    a.kind = "filesystem_space";
    Incident b = a;
    b.id = make_incident_id(1, {3, 4});
    b.summary = "other words";
    CHECK(fingerprint(a) == fingerprint(b));
    REQUIRE(b.causes.push({.text = "x", .name = "process:writer", .confidence = 0.8}));
    CHECK_FALSE(fingerprint(a) == fingerprint(b));
}

TEST_CASE("incident: every listed field can be asked for, and what is not known is nothing") {
    const Incident empty;
    for (const IncidentField& field : incident_fields()) {
        CAPTURE(field.name);
        CHECK_FALSE(field.about.empty());
        incident_field(empty, field.name);
    }
    CHECK_FALSE(incident_field(empty, "value"));
    Incident incident;
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv"};
    Finding forecast;
    forecast.kind = FindingKind::Forecast;
    forecast.rate_per_second = 1024;
    forecast.seconds_to_limit = 60;
    forecast.value = 0.5;
    REQUIRE(incident.findings.push(forecast));
    CHECK(std::get<std::string_view>(*incident_field(incident, "kind")) == "filesystem_space");
    CHECK(std::get<std::string_view>(*incident_field(incident, "subject")) == "/srv");
    CHECK(std::get<double>(*incident_field(incident, "seconds_to_limit")) == 60);
    CHECK(std::get<double>(*incident_field(incident, "growth_per_second")) == 1024);
    CHECK_FALSE(incident_field(incident, "no_such_field"));
}

TEST_CASE("incident: severities are read by their names alone") {
    Severity severity = Severity::Info;
    CHECK(parse_severity("critical", severity));
    CHECK(severity == Severity::Critical);
    CHECK_FALSE(parse_severity("Critical", severity));
    CHECK_FALSE(parse_severity("", severity));
}
