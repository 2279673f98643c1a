// SpoolClass says what a record is worth when there is not room or time for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/incident.hpp"

namespace homeostat {

// In order of importance: shipped first, and each with a ring of its own.
enum class SpoolClass : std::uint8_t {
    Critical,  // an incident begins, ends, or needs a person
    Incident,  // what becomes of it in between
    Info,      // incidents of severity info, notes of the agent itself
};

inline constexpr std::size_t kSpoolClasses = 3;

// How far a destination has got in one class.
struct SpoolMark {
    std::uint64_t acked = 0;  // it has everything up to this number
    std::uint32_t epoch = 0;  // of the ring that number belongs to
};

constexpr std::string_view name_of(SpoolClass kind) {
    switch (kind) {
        case SpoolClass::Critical: return "critical";
        case SpoolClass::Incident: return "incident";
        case SpoolClass::Info: return "info";
    }
    return "unknown";
}

// By peak severity, so that the end of an incident that has calmed down is not worth less than its
// beginning.
constexpr SpoolClass spool_class_of(const Incident& incident) {
    if (incident.peak_severity == Severity::Info && incident.severity == Severity::Info) {
        return SpoolClass::Info;
    }
    const bool turning_point = incident.seq == 0 || incident.state == IncidentState::Resolved ||
                               incident.state == IncidentState::GivenUp;
    return turning_point ? SpoolClass::Critical : SpoolClass::Incident;
}

}  // namespace homeostat
