// IncidentTally counts incidents by kind and severity, for /metrics.
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

struct IncidentCounts {
    FixedString<47> kind;
    std::array<std::uint64_t, kSeverities> opened{};  // since start, by the severity at opening
    std::array<std::uint32_t, kSeverities> active{};  // now, by the severity now
};

class IncidentTally {
public:
    static constexpr std::size_t kKindsMax = 64;
    static constexpr std::size_t kOpenMax = 256;

    // One record: a new state of an incident.
    void note(const Incident& incident);

    [[nodiscard]] std::span<const IncidentCounts> kinds() const {
        return {kinds_.begin(), kinds_.size()};
    }

private:
    struct Open {
        IncidentId id;
        std::size_t kind = 0;
        Severity severity = Severity::Info;
    };

    std::size_t kind_of(const Incident& incident);
    Open* find(const IncidentId& id);

    FixedVector<IncidentCounts, kKindsMax> kinds_;
    FixedVector<Open, kOpenMax> open_;
};

}  // namespace homeostat
