#include "actions/host_guards.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

bool exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

}  // namespace

Status check_stops(const std::string& state_directory) {
    for (const char* name : {"pause", "maintenance"}) {
        const std::string path = state_directory + "/" + name;
        if (exists(path)) return make_error(Errc::Denied, "stopped by {}", path);
    }
    return Ok{};
}

Status check_boot_grace(const AllowList& list, Instant now) {
    const Duration uptime{now.monotonic_ns};
    const Duration grace = list.grace_after_boot;
    if (uptime >= grace) return Ok{};
    return make_error(Errc::Denied, "only {} after boot, nothing runs in the first {}",
                      human_duration(uptime.seconds()), human_duration(grace.seconds()));
}

Status check_turn(const AllowList& list, const Root& root, Instant now) {
    if (slots_of(list.fleet) == 1) return Ok{};
    std::array<char, 64> buffer;
    const auto machine = root.read("etc/machine-id", buffer);
    if (!machine) {
        return make_error(Errc::Denied, "fleet: no turn without a machine id: {}",
                          machine.error().text);
    }
    const Duration wait = until_turn(list.fleet, trim(*machine), now.unix_ns);
    if (wait.ns == 0) return Ok{};
    return make_error(Errc::Denied, "fleet: the turn of this host comes in {}",
                      human_duration(wait.seconds()));
}

Status check_pressure(const Root& root) {
    std::array<char, 512> buffer;
    const auto text = root.read("proc/pressure/memory", buffer);
    if (!text) return Ok{};
    const double percent = stall_percent(*text, "full", "avg60=");
    if (percent < kMemoryStallMax) return Ok{};
    return make_error(
        Errc::Denied,
        "pressure: all waited for memory in {:.0f} % of the last minute; only what is "
        "marked relief runs",
        percent);
}

double stall_percent(std::string_view text, std::string_view kind, std::string_view window) {
    std::string_view line;
    while (next_line(text, line)) {
        if (next_word(line) != kind) continue;
        for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
            if (!word.starts_with(window)) continue;
            const auto value = parse_double(word.substr(window.size()));
            return value ? *value : -1;
        }
    }
    return -1;
}

}  // namespace homeostat
