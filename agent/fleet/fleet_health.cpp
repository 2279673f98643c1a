#include "agent/fleet/fleet_health.hpp"

#include <algorithm>
#include <utility>

#include "collectors/registry.hpp"

namespace homeostat {
namespace {

bool failed(DestinationState state) {
    return state == DestinationState::Waiting || state == DestinationState::Holding ||
           state == DestinationState::Failing;
}

// Its last run failed, or it is not run for a while: what it measures is unknown.
bool ails(CollectorState state) {
    return state == CollectorState::Failing || state == CollectorState::Unknown;
}

// libcurl puts times and counts into its reasons: they are no news.
bool same_but_for_numbers(std::string_view a, std::string_view b) {
    const auto skip = [](std::string_view& text) {
        const auto next = text.find_first_not_of("0123456789");
        text.remove_prefix(std::min(next, text.size()));
    };
    for (;; a.remove_prefix(1), b.remove_prefix(1)) {
        skip(a);
        skip(b);
        if (a.empty() || b.empty()) return a.empty() && b.empty();
        if (a.front() != b.front()) return false;
    }
}

void keep_told(const std::vector<OpampComponent>& before, std::vector<OpampComponent>& now) {
    for (OpampComponent& component : now) {
        for (const OpampComponent& told : before) {
            if (told.name != component.name) continue;
            if (same_but_for_numbers(told.last_error, component.last_error)) {
                component.last_error = told.last_error;
            }
        }
    }
}

std::uint64_t answered(const ActionResults& counts) {
    return counts.ok + counts.failed + counts.denied + counts.dry_run + counts.rolled_back +
           counts.waiting;
}

}  // namespace

void FleetHealth::observe(const AgentStatus& status) {
    std::string failing;
    const auto before = std::exchange(watch_, {});
    watch_.resize(2);
    for (const CollectorLine& line : status.collectors) {
        const bool well = !ails(line.state);
        const std::string_view name = line.name.view();
        if (find_collector(name) == nullptr) {  // not ours: another program's metrics
            watch_.push_back({"scrape." + std::string(name), well, well ? "ok" : "failing",
                              well ? "" : std::string(line.reason.view())});
            continue;
        }
        if (well) continue;
        failing += failing.empty() ? "" : ", ";
        failing += name;
    }
    watch_[0] = {"collect", failing.empty(), failing.empty() ? "ok" : "failing", failing};
    keep_told(before, watch_);
    watch_[1] = {"detect", true, status.series_learned > 0 ? "learned" : "learning", ""};
    reload_refused_ = status.reload_refused;
    // The newest answer counts: an actuator that was away and is back is well.
    const ActionResults& actions = status.actions.all;
    if (actions.unreached > acted_.unreached) {
        act_ = {"act", false, "unreached", "the actuator does not answer"};
    }
    if (answered(actions) > answered(acted_)) act_ = {"act", true, "ok", ""};
    acted_ = actions;
}

void FleetHealth::observe(const CourierSnapshot& courier) {
    const auto before = std::exchange(export_, {});
    for (const DestinationStatus& destination : courier.destinations) {
        const bool well = !failed(destination.state);
        export_.push_back({"export." + destination.name, well,
                           std::string(name_of(destination.state)),
                           well ? "" : destination.last_error});
    }
    keep_told(before, export_);
    if (courier.spool.degraded) {
        export_.push_back({"export.spool", false, "degraded", "the disk refuses: in memory only"});
    }
}

std::vector<OpampComponent> FleetHealth::components() const {
    if (watch_.empty()) return {};
    OpampComponent config{"config", true, "ok", ""};
    if (!stale_.empty()) config = {"config", false, "stale", "the fleet's bundle " + stale_};
    if (reload_refused_) {
        config = {"config", false, "refused", "the newest has faults: an older one is in force"};
    }
    std::vector<OpampComponent> out{{}};
    out.insert(out.end(), watch_.begin(), watch_.end());
    out.push_back(act_);
    out.push_back(config);
    out.insert(out.end(), export_.begin(), export_.end());
    // Servers and exporters that are away are not this agent's illness.
    std::string ill;
    for (const OpampComponent& component : out) {
        const bool others =
            component.name.starts_with("export.") || component.name.starts_with("scrape.");
        if (component.healthy || others) continue;
        ill += ill.empty() ? "" : "; ";
        ill += component.name + ": " + component.last_error;
    }
    out[0] = {"", ill.empty(), ill.empty() ? "watching" : "degraded", ill};
    return out;
}

}  // namespace homeostat
