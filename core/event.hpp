// Event is a discrete fact with a time and a subject: an OOM kill, a reboot, a package upgrade.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class EventKind : std::uint8_t {
    OomKill,
    Reboot,
    ClockStep,
    UnitFailed,
    KernelMessage,
    Change,  // package, file, unit, sysctl
    SourceLost,
    SourceBack,
};

std::string_view name_of(EventKind kind);

struct Event {
    Instant at;
    EventKind kind = EventKind::Change;
    Subject subject;
    FixedString<191> text;  // one plain line
};

}  // namespace homeostat
