// AnomalyTally counts what the detectors find, by the kind of incident it belongs to.
//
// Findings are levels: they are repeated each tick for as long as they hold (core/finding.hpp). One
// that the tick before did not have is counted. Fixed memory; kinds beyond the table are "other",
// what opens no incident is "notable".
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/finding.hpp"
#include "core/fixed_vector.hpp"

namespace homeostat {

struct AnomalyCount {
    FixedString<47> kind;
    std::uint64_t count = 0;
};

inline constexpr std::size_t kAnomalyKindsMax = 64;
using AnomalyCounts = FixedVector<AnomalyCount, kAnomalyKindsMax>;

class AnomalyTally {
public:
    // What one tick may have; what is beyond is neither compared nor counted.
    static constexpr std::size_t kFindingsMax = 256;

    // All findings of one tick. Allocates nothing.
    void note(std::span<const Finding> findings);

    [[nodiscard]] const AnomalyCounts& counts() const { return counts_; }

private:
    using Keys = FixedVector<std::uint64_t, kFindingsMax>;

    void count(std::string_view kind);

    AnomalyCounts counts_;
    Keys before_;  // of the last tick, sorted
};

}  // namespace homeostat
