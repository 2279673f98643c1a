// DrillPlan: the faults that `homeostat drill` can make, each with its bounds and what must be
// seen.
//
// A drill is a smoke alarm's test button: a real fault, small enough to do no harm, that shows
// whether the watch sees it, names its cause and would act. Everything is bounded: time by the
// guardian (agent/drill/drill_load.hpp), size by the constants here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/fixed_string.hpp"
#include "core/incident.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class DrillKind : std::uint8_t { Cpu, Mem, Disk, Io, Fd, Service, Net, Clock };

inline constexpr Duration kDrillLengthDefault = seconds(60);
inline constexpr Duration kDrillLengthMax = minutes(5);

inline constexpr unsigned kDrillWorkersPerCore = 2;
inline constexpr unsigned kDrillWorkersMax = 128;
inline constexpr double kDrillMemoryShareMax = 0.08;  // of what is available
inline constexpr double kDrillMemoryBytesMax = 4.0 * 1024 * 1024 * 1024;
inline constexpr std::uint64_t kDrillDiskBytes = 64ULL << 20U;  // of a tmpfs of its own
inline constexpr std::uint64_t kDrillIoBytes = 64ULL << 20U;    // of one file without a name
inline constexpr unsigned kDrillIoWorkers = 32;
inline constexpr unsigned kDrillFileLimit = 256;
inline constexpr unsigned kDrillDatagramsPerSecond = 3000;

struct DrillRow {
    std::string_view name;
    DrillKind kind = DrillKind::Cpu;
    std::string_view opens;    // the kinds of incident that count as seen, with blanks between them
    std::string_view culprit;  // the cause that is right
    std::string_view does;     // one line: what it does to this host
    std::string_view without_root;  // why it needs root; empty: anybody may
    std::string_view not_run;       // why it is never run; empty: it is
};

std::span<const DrillRow> drill_rows();

// The row of this name, or null.
const DrillRow* find_drill(std::string_view name);

// True when an incident of this kind is what the drill makes.
bool opens_kind(const DrillRow& row, std::string_view kind);

}  // namespace homeostat
