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
    incident.causes = rank_causes(incident, 0.5);
    CHECK(summarize(incident).view().ends_with("; writer (pid 42) writes 1.0 MiB/s to /srv"));
}

TEST_CASE(
    "narrative: confidence follows share and explained growth, and below the gate it is silent") {
    struct Row {
        double first;
        double second;
        std::size_t causes;
    };
    for (const Row& row : {Row{1048576, 0, 1}, Row{1048576, 100000, 1}, Row{500000, 500000, 0},
                           Row{1000, 0, 0}, Row{0, 0, 0}}) {
        CAPTURE(row.first);
        CAPTURE(row.second);
        Incident incident = filling_incident();
        REQUIRE(incident.processes.push(process("a", row.first)));
        REQUIRE(incident.processes.push(process("b", row.second)));
        CHECK(rank_causes(incident, 0.5).size() == row.causes);
    }
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
