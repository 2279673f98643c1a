// A rig for the tests of causes: made incidents, processes and changes.
#pragma once

#include <doctest/doctest.h>

#include "agent/incidents/cause_ranking.hpp"

namespace homeostat::test {

inline constexpr Instant kOnset{.monotonic_ns = hours(50).ns,
                                .unix_ns = 1'795'176'000LL * 1'000'000'000};

inline Incident about(std::string_view kind, Subject subject = {}) {
    Incident incident;
    incident.kind = kind;
    incident.subject = subject;
    incident.onset = kOnset;
    return incident;
}

inline Incident filling() {
    Incident incident = about("filesystem_space", {SubjectKind::Mount, "/srv"});
    Finding forecast;
    forecast.kind = FindingKind::Forecast;
    forecast.rate_per_second = 1048576;
    REQUIRE(incident.findings.push(forecast));
    return incident;
}

inline ProcessUse process(std::string_view name, double share) {
    ProcessUse use;
    use.pid = 42;
    use.start_ticks = 100;  // long ago
    use.name = name;
    use.share = share;
    use.cpu_ratio = share * 2;
    return use;
}

inline ProcessUse writer(std::string_view name, double rate) {
    ProcessUse use = process(name, 0);
    use.write_bytes_per_second = rate;
    return use;
}

inline Event change(EventKind kind, std::string_view object, Duration before) {
    Event event;
    event.kind = kind;
    event.object = object;
    event.text = object;
    event.at = {.monotonic_ns = kOnset.monotonic_ns - before.ns,
                .unix_ns = kOnset.unix_ns - before.ns};
    return event;
}

inline RankedCauses rank(const Incident& incident, std::initializer_list<Event> events = {}) {
    EventHistory history;
    for (const Event& event : events) history.note(event);
    return rank_causes(incident, history, 0.5);
}

}  // namespace homeostat::test
