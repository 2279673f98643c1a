// The command line of homeostat-actuator.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actions/allow_list.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

struct ActuatorOptions {
    std::string config = "/etc/homeostat";
    std::string state = "/var/lib/homeostat-actuator";
    std::string bundle = "/var/lib/homeostat/fleet/actions.yml";  // left there by the watcher
    std::string listen;  // empty: the socket that systemd hands over
    Duration idle_exit = seconds(30);
    Duration age_floor = kAgeFloor;  // less only for trials, by who starts it: no file can say it
    std::optional<std::uint32_t> watcher_uid;
    bool check = false;
    bool help = false;
    bool version = false;
};

// `arguments` without the program's name. Errc::Invalid for anything that is not an option of ours:
// exit status 2.
Result<ActuatorOptions> parse_actuator_options(std::span<const char* const> arguments);

// What --help prints.
std::string_view actuator_help();

}  // namespace homeostat
