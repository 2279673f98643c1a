#include "agent/incidents/narrative.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

Incident filling_incident() {
    Incident incident;
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv"};
    Finding forecast;
    forecast.kind = FindingKind::Forecast;
    forecast.condition = "filesystem_filling";
    forecast.metric = "filesystem_used_ratio";
    forecast.value = 0.61;
    forecast.rate_per_second = 1048576;
    forecast.seconds_to_limit = 45;
    forecast.seconds_to_limit_low = 40;
    forecast.seconds_to_limit_high = 55;
    REQUIRE(incident.findings.push(forecast));
    return incident;
}

ProcessUse process(std::string_view name, double rate) {
    ProcessUse use;
    use.pid = 42;
    use.name = name;
    use.write_bytes_per_second = rate;
    return use;
}

}  // namespace

TEST_CASE("narrative: one sentence with the mount, the rate, the time to full and the writer") {
    Incident incident = filling_incident();
    CHECK(summarize(incident) == "/srv is 61 % full, grows 1.0 MiB/s, full in 45 s (40 s to 55 s)");
    REQUIRE(incident.processes.push(process("writer", 1048576)));
    REQUIRE(incident.causes.push({.text = "writer (pid 42) writes 1.0 MiB/s to /srv",
                                  .name = "process:writer",
                                  .confidence = 0.9}));
    CHECK(summarize(incident).view().ends_with("; writer (pid 42) writes 1.0 MiB/s to /srv"));
}

TEST_CASE("narrative: what is full is not forecast to be full") {
    Incident incident = filling_incident();
    incident.findings[0].value = 1;
    incident.findings[0].seconds_to_limit = 0;
    CHECK(summarize(incident) == "/srv is 100 % full, grows 1.0 MiB/s");
}

TEST_CASE("narrative: every kind has a sentence, with what is usual or the limit") {
    Incident incident;
    incident.kind = "cpu_saturation";
    Finding lead;
    lead.metric = "pressure_cpu_some_seconds";
    lead.unit = Unit::Seconds;
    lead.value = 0.81;
    lead.limit = 0.6;
    REQUIRE(incident.findings.push(lead));
    CHECK(summarize(incident) ==
          "the processor is saturated: pressure_cpu_some_seconds is 81 % (limit 60 %)");
    incident.findings[0].expected = 0.05;
    CHECK(summarize(incident).view().ends_with("is 81 % (usually 5 %)"));
    incident.uncertain = true;
    CHECK(summarize(incident).view().ends_with("; no longer measured"));
    incident.kind = "service_failed";
    incident.uncertain = false;
    incident.subject = {SubjectKind::Unit, "nginx.service"};
    incident.findings[0].metric = "unit_failed";
    CHECK(summarize(incident) == "nginx.service failed");
    incident.kind = "of_my_own";
    CHECK(summarize(incident).view().starts_with("of_my_own"));
}

TEST_CASE("narrative: what is over is told as it was at its worst") {
    Incident incident = filling_incident();
    incident.findings[0].worst = 0.7;
    Finding full;
    full.condition = "filesystem_full";
    full.metric = "filesystem_used_ratio";
    full.limit = 0.9;
    full.value = 0.91;
    full.worst = 0.98;
    REQUIRE(incident.findings.push(full));
    incident.state = IncidentState::Resolved;
    incident.ended = incident.onset + seconds(45);
    CHECK(summarize(incident) == "/srv was 98 % full; over after 45 s");

    Incident busy;
    busy.kind = "cpu_saturation";
    Finding lead;
    lead.metric = "pressure_cpu_some_seconds";
    lead.value = 0.2;
    lead.worst = 0.81;
    lead.limit = 0.6;
    REQUIRE(busy.findings.push(lead));
    busy.state = IncidentState::Resolved;
    CHECK(summarize(busy).view().starts_with(
        "the processor is saturated: pressure_cpu_some_seconds was 81 % (limit 60 %)"));
}

TEST_CASE("narrative: values are shown in their unit") {
    CHECK(value_text(0.93, Unit::None, "filesystem_used_ratio") == "93 %");
    CHECK(value_text(1048576, Unit::Bytes, "memory_available_bytes") == "1.0 MiB");
    CHECK(value_text(2.5, Unit::None, "load1") == "2.5");
}

TEST_CASE("narrative: an incident without findings still has a sentence") {
    Incident incident;
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv"};
    CHECK(summarize(incident) == "filesystem_space on /srv");
}
