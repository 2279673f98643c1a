// MetricsPages are the three pages of the agent: /metrics, /healthz and /readyz.
//
// The watch and the courier hand in what they know, each on its own thread and by copy; the
// server's thread asks. Nobody waits for anybody longer than a copy takes.
#pragma once

#include <mutex>

#include "agent/metrics_server.hpp"
#include "agent/metrics_text.hpp"
#include "core/clock.hpp"

namespace homeostat {

class MetricsPages {
public:
    // A loop that is silent for longer than this is not healthy.
    static constexpr Duration kSilenceMax = seconds(30);

    // `clock` outlives the pages.
    MetricsPages(AgentFacts facts, const Clock& clock) : facts_(std::move(facts)), clock_(clock) {}

    void set(const AgentStatus& status);
    void set(CourierSnapshot snapshot);

    MetricsAnswer answer(const MetricsRequest& request) const;

private:
    AgentFacts facts_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    AgentStatus status_;  // guarded by mutex_, as the next
    CourierSnapshot courier_;
};

}  // namespace homeostat
