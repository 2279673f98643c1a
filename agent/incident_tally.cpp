#include "agent/incident_tally.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr const char* kOther = "other";

std::size_t place_of(Severity severity) {
    return std::min(static_cast<std::size_t>(severity), kSeverities - 1);
}

}  // namespace

void IncidentTally::note(const Incident& incident) {
    Open* open = find(incident.id);
    if (open != nullptr) {
        --kinds_[open->kind].active[place_of(open->severity)];
        open->severity = incident.severity;
    } else {
        const std::size_t kind = kind_of(incident);
        // A record that is not the first comes from before a restart: open, but opened then.
        if (incident.seq == 0) ++kinds_[kind].opened[place_of(incident.severity)];
        if (incident.is_over() ||
            !open_.push({.id = incident.id, .kind = kind, .severity = incident.severity})) {
            return;
        }
        open = &open_.back();
    }
    if (!incident.is_over()) {
        ++kinds_[open->kind].active[place_of(open->severity)];
        return;
    }
    *open = open_.back();
    open_.shrink(open_.size() - 1);
}

std::size_t IncidentTally::kind_of(const Incident& incident) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (kinds_[i].kind == incident.kind) return i;
    }
    IncidentCounts counts;
    counts.kind = incident.kind;
    if (kinds_.size() + 1 == kKindsMax) counts.kind = kOther;
    if (kinds_.push(counts)) return kinds_.size() - 1;
    return kKindsMax - 1;
}

IncidentTally::Open* IncidentTally::find(const IncidentId& id) {
    const auto found =
        std::find_if(open_.begin(), open_.end(), [&id](const Open& open) { return open.id == id; });
    return found == open_.end() ? nullptr : found;
}

}  // namespace homeostat
