#include "agent/fleet/probation.hpp"

#include <algorithm>

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr Duration kSettle = seconds(10);  // what a start costs is not what it costs to run
constexpr double kPaceMin = 0.5;           // of the ticks that should have been

std::uint64_t more(std::uint64_t now, std::uint64_t before) {
    return now > before ? now - before : 0;
}

}  // namespace

std::string find_fault(const AgentHealth& before, const AgentHealth& start, const AgentHealth& now,
                       Duration tick) {
    if (now.resident_bytes > kProbationResidentMax &&
        more(now.resident_bytes, before.resident_bytes) > kProbationResidentMore) {
        return fmt::format("the agent takes {} of memory, {} before",
                           human_bytes(static_cast<double>(now.resident_bytes)).view(),
                           human_bytes(static_cast<double>(before.resident_bytes)).view());
    }
    // One that answered and then fails has lost its source: that is the host's illness.
    const std::uint64_t ill = now.collectors_failing + now.collectors_mute;
    const std::uint64_t ill_before = before.collectors_failing + before.collectors_unknown;
    if (ill > ill_before) {
        return fmt::format("{} collectors do not answer, {} before", ill, ill_before);
    }
    if (more(now.incidents_opened, start.incidents_opened) > kProbationIncidentsMore) {
        return fmt::format("{} incidents opened at once",
                           more(now.incidents_opened, start.incidents_opened));
    }
    const Duration passed = now.at - start.at;
    if (passed < std::max(kSettle, tick * 10)) return {};
    if (now.samples == 0 && before.samples > 0) return "the collectors bring nothing any more";
    const double share = (now.cpu_seconds - start.cpu_seconds) / passed.seconds();
    if (share > kProbationCpuShareMax) {
        return fmt::format("the agent takes {:.0f} % of a processor", 100 * share);
    }
    const double expected = passed.seconds() / tick.seconds();
    if (static_cast<double>(more(now.ticks, start.ticks)) < kPaceMin * expected) {
        return fmt::format("the watch fell behind: {} looks at the host in {}",
                           more(now.ticks, start.ticks), human_duration(passed.seconds()).view());
    }
    return {};
}

}  // namespace homeostat
