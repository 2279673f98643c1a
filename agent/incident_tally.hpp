// IncidentTally counts incidents for /metrics: what was opened by severity and kind of cause, what
// is active by its own kind and severity.
//
// It hears every record that is shipped and keeps of each incident that is open its kind and
// severity: fixed memory, whatever happens. A kind beyond the table counts as "other".
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/fixed_vector.hpp"
#include "core/incident.hpp"

namespace homeostat {

inline constexpr std::size_t kSeverities = 4;

// What a cause is of: the part of its name before the colon ("process:rsyslogd"), which alone is
// one of a few.
enum class CauseKind : std::uint8_t {
    Unknown,  // none was likely enough
    Process,
    Unit,
    Device,
    Mount,
    Interface,
    Change,
    Other,
};
inline constexpr std::size_t kCauseKinds = 8;

std::string_view name_of(CauseKind kind);
CauseKind cause_kind_of(const Incident& incident);  // of its likeliest one

struct IncidentCounts {
    FixedString<47> kind;
    std::array<std::uint32_t, kSeverities> active{};  // now, by the severity now
};

// Since start, as it was at opening.
using OpenedCounts = std::array<std::array<std::uint64_t, kCauseKinds>, kSeverities>;

class IncidentTally {
public:
    static constexpr std::size_t kKindsMax = 64;
    static constexpr std::size_t kOpenMax = 256;

    // One record: a new state of an incident.
    void note(const Incident& incident);

    // At start: an incident that an earlier run has told of. It is active if it is not over, and
    // was not opened now, whatever its seq.
    void restore(const Incident& incident);

    [[nodiscard]] std::span<const IncidentCounts> kinds() const {
        return {kinds_.begin(), kinds_.size()};
    }

    [[nodiscard]] const OpenedCounts& opened() const { return opened_; }

private:
    struct Open {
        IncidentId id;
        std::size_t kind = 0;
        Severity severity = Severity::Info;
    };

    std::size_t kind_of(const Incident& incident);
    void begin(const Incident& incident);
    Open* find(const IncidentId& id);

    OpenedCounts opened_{};
    FixedVector<IncidentCounts, kKindsMax> kinds_;
    FixedVector<Open, kOpenMax> open_;
};

}  // namespace homeostat
