#include "actions/actuator_options.hpp"

#include <array>
#include <vector>

#include "core/nearest.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 10> kNames{
    "--config",      "--state",     "--bundle", "--listen", "--idle-exit",
    "--watcher-uid", "--age-floor", "--check",  "--help",   "--version"};
constexpr std::size_t kWithValue = 7;  // the first of them

// 0 on its own stands without a unit.
Status take_time(std::string_view name, std::string_view value, Duration& out) {
    const auto duration = value == "0" ? Result<Duration>(Duration{}) : parse_duration(value);
    if (!duration) return make_error(Errc::Invalid, "{}: {}", name, duration.error().text);
    out = *duration;
    return Ok{};
}

Status take_value(std::string_view name, std::string_view value, ActuatorOptions& options) {
    if (name == "--config") {
        options.config = value;
    } else if (name == "--state") {
        options.state = value;
    } else if (name == "--bundle") {
        options.bundle = value;
    } else if (name == "--listen") {
        options.listen = value;
    } else if (name == "--idle-exit") {
        return take_time(name, value, options.idle_exit);
    } else if (name == "--age-floor") {
        return take_time(name, value, options.age_floor);
    } else {
        const auto uid = parse_u64(value);
        if (!uid || *uid >= UINT32_MAX) {
            return make_error(Errc::Invalid, "--watcher-uid: expected a number, got '{}'", value);
        }
        options.watcher_uid = static_cast<std::uint32_t>(*uid);
    }
    return Ok{};
}

}  // namespace

Result<ActuatorOptions> parse_actuator_options(std::span<const char* const> arguments) {
    ActuatorOptions options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--check") {
            options.check = true;
        } else if (argument == "--help" || argument == "-h") {
            options.help = true;
        } else if (argument == "--version") {
            options.version = true;
        } else {
            const auto equals = argument.find('=');
            const std::string_view name = argument.substr(0, equals);
            bool known = false;
            for (std::size_t k = 0; k < kWithValue; ++k) known = known || name == kNames[k];
            if (!known) {
                return make_error(Errc::Invalid, "unknown option '{}'{}", argument,
                                  did_you_mean(name, kNames));
            }
            std::string_view value;
            if (equals != std::string_view::npos) {
                value = argument.substr(equals + 1);
            } else if (++i < arguments.size()) {
                value = arguments[i];
            }
            if (value.empty()) return make_error(Errc::Invalid, "{} needs a value", name);
            if (const auto taken = take_value(name, value, options); !taken) return taken.error();
        }
    }
    return options;
}

std::string_view actuator_help() {
    return R"(homeostat-actuator: runs the remedies that allow.yml allows, and nothing else.

Usage: homeostat-actuator [OPTIONS]

Usually systemd starts it when the watcher asks for an action (homeostat-actuator.socket), and it
goes away when there is nothing to do.

Options:
  --config DIR         allow.yml, rules/*.yml, playbooks/*.yml; all of root's [/etc/homeostat]
  --state DIR          ledger, audit log, pause file [/var/lib/homeostat-actuator]
  --bundle FILE        what a fleet sent, signed, where the watcher leaves it
                       [/var/lib/homeostat/fleet/actions.yml]
  --listen PATH        make this socket instead of taking systemd's
  --idle-exit TIME     go away after so long without a request; 0: stay [30s]
  --watcher-uid UID    who may ask besides root: the uid in allow.yml, or 0 for root alone
  --age-floor TIME     for trials: never delete a file younger than this, whatever allow.yml says;
                       the shipped unit leaves it as it is [1h]
  --check              read everything, say what is allowed, and exit
  --version
  --help

Examples:
  homeostat-actuator --check
  homeostat-actuator --config ./etc --state ./state --listen ./actuator.sock --idle-exit 0

Exit status: 0 fine, 1 the files or the state cannot be used, 2 wrong usage.
)";
}

}  // namespace homeostat
