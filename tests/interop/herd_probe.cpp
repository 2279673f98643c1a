// herd_probe prints when the agents of a fleet knock after a central outage, by the shipped
// back-off.
//
//   herd_probe AGENTS OUTAGE_SECONDS
//
// Simulated time, one line an agent: the second after the server's return at which its first
// request arrives. During the outage each agent has one incident at a random moment, and tries from
// then on as QueuedDestination does: full jitter, 1 s to 5 min, the same classes, seeds and
// defaults.
#include <fmt/core.h>

#include "agent/uplink/backoff.hpp"
#include "agent/uplink/settings.hpp"
#include "core/parse.hpp"

namespace {

using namespace homeostat;

double seconds_until_first_success(std::uint64_t agent, Duration outage) {
    JitterRandom random(agent * 7919 + 1);
    Backoff backoff(agent, Backoff::kLeast, ShipSettings{}.retry_max);
    Duration at = random.below(outage);
    while (at < outage) at = at + backoff.next();
    return (at - outage).seconds();
}

}  // namespace

int main(int count, char** arguments) {
    const auto agents = count == 3 ? parse_u64(arguments[1]) : std::nullopt;
    const auto outage = count == 3 ? parse_u64(arguments[2]) : std::nullopt;
    if (!agents || !outage || *outage == 0 || *outage > 1'000'000) {
        fmt::print(stderr, "usage: herd_probe AGENTS OUTAGE_SECONDS\n");
        return 2;
    }
    for (std::uint64_t agent = 1; agent <= *agents; ++agent) {
        fmt::print("{:.3f}\n",
                   seconds_until_first_success(agent, seconds(static_cast<std::int64_t>(*outage))));
    }
    return 0;
}
