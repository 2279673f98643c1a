#include "agent/clock_watch.hpp"

#include <array>
#include <cmath>

#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

// How long the machine has slept since it was started; nothing when the uptime cannot be read.
std::optional<double> slept(const Root& root, Instant now) {
    std::array<char, 64> buffer{};
    const auto text = root.read("proc/uptime", buffer);
    if (!text) return std::nullopt;
    std::string_view rest = *text;
    const auto uptime = parse_double(next_word(rest));
    if (!uptime) return std::nullopt;
    return *uptime - Duration{now.monotonic_ns}.seconds();
}

}  // namespace

std::optional<Event> ClockWatch::observe(const Root& root, Instant now) {
    const Instant before = last_;
    last_ = now;
    if (!asked_) {
        slept_seconds_ = slept(root, now).value_or(0);
        asked_ = true;
        return std::nullopt;
    }
    const Duration step{(now.unix_ns - before.unix_ns) - (now - before).ns};
    if (step < kStepMin && Duration{-step.ns} < kStepMin) return std::nullopt;
    const double asleep = slept(root, now).value_or(slept_seconds_) - slept_seconds_;
    slept_seconds_ += asleep;
    const double set = step.seconds() - asleep;
    if (std::abs(set) < kStepMin.seconds()) return std::nullopt;
    Event event;
    event.at = now;
    event.kind = EventKind::ClockStep;
    event.object = "wall clock";
    format_into(event.text, "the wall clock was set {} by {}", set > 0 ? "forward" : "back",
                human_duration(std::abs(set)));
    return event;
}

}  // namespace homeostat
