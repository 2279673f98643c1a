// FleetGate is how the actuator judges a bundle that the watcher has left for it: as if the watcher
// were its enemy (docs/decisions/0012).
//
// Pure: text, keys, facts, time and what was accepted before come in; nothing is read or written.
// What is remembered is saved by the caller before the bundle counts, so that no crash and no
// replay brings an older one back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/bundle.hpp"
#include "actions/minisign.hpp"
#include "actions/operator_word.hpp"
#include "core/result.hpp"

namespace homeostat {

// What the actuator remembers of the fleet, as a file:
//
//     homeostat-actuator-fleet 1
//     channel prod
//     newest 8 DIGEST UNIX_NS PROBATION_NS     accepted then; the highest version ever
//     former 7 DIGEST                          may be gone back to during that probation,
//     back 1                                   and it was: it stays until a higher one comes
//     earlier 7 DIGEST                         accepted before, the newest of them first
//     elsewhere test 4 DIGEST                  the highest of a channel that was followed before
//     clock UNIX_NS                            the latest time at which a bundle counted
//     sum SHA256                               of all lines before
struct FleetMemory {
    struct Accepted {
        std::uint64_t version = 0;  // nought: none
        std::string digest;

        friend bool operator==(const Accepted&, const Accepted&) = default;
    };
    std::string channel;
    Accepted newest;
    std::int64_t newest_unix_ns = 0;
    std::int64_t probation_ns = 0;
    Accepted former;
    bool went_back = false;
    std::vector<Accepted> earlier;
    std::vector<std::pair<std::string, Accepted>> elsewhere;
    std::int64_t clock_unix_ns = 0;

    friend bool operator==(const FleetMemory&, const FleetMemory&) = default;
};
inline constexpr std::size_t kFleetMemoryBytesMax = 8192;
inline constexpr std::size_t kEarlierMax = 8;
inline constexpr std::size_t kElsewhereMax = 8;

std::string to_text(const FleetMemory& memory);
// Errc::Parse for anything that to_text has not written.
Result<FleetMemory> parse_fleet_memory(std::string_view text);

// What the owner's files say.
struct FleetGate {
    std::string channel;            // fleet.yml
    std::vector<MinisignKey> keys;  // allow.yml, fleet
    HostFacts host;
    std::string agent_version;
    OperatorWord word;  // root's own: what was left is not taken, and opens the way to what was
                        // accepted before it; what may be older is taken
};

// The bundle in `text` (its signature inside), when everything about it is right; `memory` is then
// what is to be saved. Errc::Denied, Parse or Invalid say what is not, and `memory` is as before.
// Past its end a bundle is still returned when it was accepted before: it is stale, not gone.
Result<Bundle> pass_gate(const FleetGate& gate, std::string_view text, std::int64_t unix_ns,
                         const SignatureLibrary& library, FleetMemory& memory);

}  // namespace homeostat
