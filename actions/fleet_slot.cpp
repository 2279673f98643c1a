#include "actions/fleet_slot.hpp"

#include <algorithm>
#include <cmath>

#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr std::int64_t kDayNs = hours(24).ns;

// Rounded down, also before 1970: a host without a battery starts there.
std::int64_t floor_of(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value / step - (rest < 0 ? 1 : 0);
}

std::uint64_t own_slot(std::string_view host_id, std::int64_t unix_ns, std::uint32_t slots) {
    const auto day = static_cast<std::uint64_t>(floor_of(unix_ns, kDayNs));
    return mix(fnv1a(host_id, mix(day + 1))) % slots;
}

}  // namespace

std::uint32_t slots_of(const FleetTurns& turns) {
    // Of 0.02 there are 50 slots, not 51: the quotient of two decimals is a little off.
    constexpr double kRounding = 1e-9;
    const double share = std::clamp(turns.at_once, kAtOnceMin, 1.0);
    return static_cast<std::uint32_t>(std::ceil(1 / share - kRounding));
}

Duration until_turn(const FleetTurns& turns, std::string_view host_id, std::int64_t unix_ns) {
    const std::uint32_t slots = slots_of(turns);
    const std::int64_t length = std::clamp(turns.slot, kSlotMin, kSlotMax).ns;
    // Twice round: the slot of tomorrow may lie just behind us when the day ends.
    std::int64_t number = floor_of(unix_ns, length);
    for (std::uint32_t i = 0; i <= 2 * slots; ++i, ++number) {
        const std::int64_t begin = std::max(number * length, unix_ns);
        const auto turn = static_cast<std::uint64_t>(number - floor_of(number, slots) * slots);
        if (turn == own_slot(host_id, begin, slots)) return Duration{begin - unix_ns};
    }
    return Duration{2 * slots * length};
}

}  // namespace homeostat
