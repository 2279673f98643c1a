// StatusFile is STATE/status.json: what the agent knows of itself, for `homeostat status`.
//
// Written as a whole by the courier's thread, every few seconds. It is a file and not a socket so
// that it can still be read when the agent hangs, and tells since when it has said nothing; whether
// the agent lives, its lock tells (agent/state_lock.hpp,
// docs/decisions/0002-status-is-a-file.md).
#pragma once

#include <string>
#include <string_view>

#include "agent/courier.hpp"
#include "agent/state_lock.hpp"
#include "agent/status.hpp"

namespace homeostat {

inline constexpr const char* kStatusFile = "status.json";
inline constexpr std::size_t kStatusBytesMax = 1U << 20U;
inline constexpr Duration kStatusInterval = seconds(5);

// What does not change while the agent runs.
struct AgentFacts {
    std::string version;
    std::string host_name;
    std::int32_t pid = 0;
    std::int64_t started_unix_ns = 0;
    std::size_t rules = 0;
    std::size_t targets_allowed = 0;
    std::string confinement;  // agent/confinement.hpp
    unsigned crashes = 0;     // in a row, before this start
    bool safe_mode = false;
    std::string compiler{};
    std::string revision{};     // of the source it was built from, or "unknown"
    std::string config_hash{};  // of the configuration in force
    std::string config_layer{};
    std::int64_t configured_unix_ns = 0;  // when it was loaded
};

// The JSON text. `stopped`: this is the last word of an agent that ended as it should.
std::string status_json(const AgentFacts& facts, const AgentStatus& status, const Courier& courier,
                        bool stopped);

// What people read: fits one screen. `json` is the text of a status file; Errc::Parse when it is
// not one; `paused_until_unix_ns` is what `homeostat pause` said. `alive` is false when the agent
// did not say that it stops and is not there or not well.
struct StatusText {
    std::string text;
    bool alive = false;
};
Result<StatusText> status_text(std::string_view json, std::int64_t now_unix_ns,
                               WatcherState watcher, std::int64_t paused_until_unix_ns = 0);

// One line for the commands that show what the agent has written, when it writes no more; empty
// while it runs. `json`: the text of the status file, or empty when there is none.
std::string watcher_warning(std::string_view json, std::int64_t now_unix_ns, WatcherState watcher);

}  // namespace homeostat
