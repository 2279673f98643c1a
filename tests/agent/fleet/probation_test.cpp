#include "agent/fleet/probation.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

AgentHealth after(const AgentHealth& start, Duration passed) {
    AgentHealth now = start;
    now.at = start.at + passed;
    now.ticks += static_cast<std::uint64_t>(passed.ns / seconds(1).ns);
    now.cpu_seconds += passed.seconds() * 0.01;
    return now;
}

constexpr AgentHealth kWell{.at = {1'000'000'000, 0},
                            .resident_bytes = 10U << 20U,
                            .cpu_seconds = 1,
                            .ticks = 10,
                            .samples = 500,
                            .collectors_failing = 1,
                            .collectors_unknown = 1,
                            .incidents_opened = 3};

}  // namespace

TEST_CASE("probation: an agent that is as well as before has no fault") {
    CHECK(find_fault(kWell, kWell, kWell, seconds(1)).empty());
    CHECK(find_fault(kWell, kWell, after(kWell, minutes(10)), seconds(1)).empty());
}

TEST_CASE("probation: memory, collectors and noise count at once") {
    AgentHealth now = after(kWell, seconds(2));
    now.resident_bytes = 200U << 20U;
    CHECK(find_fault(kWell, kWell, now, seconds(1)).find("memory") != std::string::npos);
    AgentHealth large = kWell;
    large.resident_bytes = 190U << 20U;
    CHECK(find_fault(large, kWell, now, seconds(1)).empty());  // it was so before
    now = after(kWell, seconds(2));
    now.collectors_failing = 3;
    CHECK(find_fault(kWell, kWell, now, seconds(1)) == "3 collectors do not answer, 2 before");
    now.collectors_failing = 1;
    now.collectors_unknown = 5;  // they answered once: they have lost their sources
    CHECK(find_fault(kWell, kWell, now, seconds(1)).empty());
    now.collectors_mute = 1;  // as it was before
    CHECK(find_fault(kWell, kWell, now, seconds(1)).empty());
    now.collectors_mute = 2;
    CHECK(find_fault(kWell, kWell, now, seconds(1)) == "3 collectors do not answer, 2 before");
    now = after(kWell, seconds(2));
    now.incidents_opened += kProbationIncidentsMore + 1;
    CHECK(find_fault(kWell, kWell, now, seconds(1)).find("incidents") != std::string::npos);
}

TEST_CASE("probation: processor and pace count after the start has settled") {
    AgentHealth now = after(kWell, seconds(9));
    now.cpu_seconds += 9;
    now.ticks = kWell.ticks;
    now.samples = 0;
    CHECK(find_fault(kWell, kWell, now, seconds(1)).empty());
    now = after(kWell, minutes(1));
    now.cpu_seconds += 30;
    CHECK(find_fault(kWell, kWell, now, seconds(1)).find("processor") != std::string::npos);
    now = after(kWell, minutes(1));
    now.ticks = kWell.ticks + 20;
    CHECK(find_fault(kWell, kWell, now, seconds(1)).find("fell behind") != std::string::npos);
    now = after(kWell, minutes(1));
    now.samples = 0;
    CHECK(find_fault(kWell, kWell, now, seconds(1)).find("bring nothing") != std::string::npos);
}
