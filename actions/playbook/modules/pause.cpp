// The module `pause`: waits for a while.
#include <algorithm>
#include <array>
#include <cmath>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/modules/modules.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::int64_t kPauseSecondsMax = 300;

std::int64_t wanted_seconds(const Parameters& parameters) {
    if (parameters.has("seconds")) return parameters.integer("seconds", 0);
    return parameters.integer("minutes", 0) > kPauseSecondsMax
               ? kPauseSecondsMax + 1
               : parameters.integer("minutes", 0) * 60;
}

Status validate(const Parameters& parameters) {
    if (parameters.has("seconds") == parameters.has("minutes")) {
        return make_error(Errc::Invalid, "either 'seconds' or 'minutes' is needed");
    }
    return Ok{};
}

ModuleResult run(const ModuleCall& call) {
    // Ansible waits for at least a second.
    const std::int64_t wanted = std::max<std::int64_t>(wanted_seconds(call.parameters), 1);
    if (wanted > kPauseSecondsMax) {
        return failure(fmt::format("a pause of more than {} seconds", kPauseSecondsMax));
    }
    const Instant begin = call.environment.clock.now();
    call.environment.pauser.pause(std::min(seconds(wanted), call.time_max));
    if (call.time_max < seconds(wanted)) return failure("the time of the task was over");
    const double waited = (call.environment.clock.now() - begin).seconds();
    const bool in_minutes = call.parameters.has("minutes");
    const double shown = std::round((in_minutes ? waited / 60 : waited) * 100) / 100;
    ModuleResult result;
    result.fields = Map{{"changed", false},
                        {"delta", static_cast<std::int64_t>(waited)},
                        {"stdout", fmt::format("Paused for {} {}", to_str(Value(shown)),
                                               in_minutes ? "minutes" : "seconds")},
                        {"stderr", ""},
                        {"rc", 0},
                        {"user_input", ""},
                        {"echo", true}};
    return result;
}

constexpr std::array<ParameterSpec, 2> kParameters{{
    {"seconds", ParameterType::Int},
    {"minutes", ParameterType::Int},
}};

}  // namespace

const ModuleSpec kPauseModule{
    .name = "pause", .parameters = kParameters, .run = run, .validate = validate};

}  // namespace homeostat::playbook
