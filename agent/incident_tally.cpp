#include "agent/incident_tally.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr const char* kOther = "other";

std::size_t place_of(Severity severity) {
    return std::min(static_cast<std::size_t>(severity), kSeverities - 1);
}

constexpr std::array<std::string_view, kCauseKinds> kCauseNames{
    "unknown", "process", "unit", "device", "mount", "interface", "change", "other"};

}  // namespace

std::string_view name_of(CauseKind kind) {
    return kCauseNames[static_cast<std::size_t>(kind)];
}

CauseKind cause_kind_of(const Incident& incident) {
    if (incident.causes.empty()) return CauseKind::Unknown;
    const std::string_view name = incident.causes[0].name;
    const std::string_view kind = name.substr(0, name.find(':'));
    const auto found = std::find(kCauseNames.begin() + 1, kCauseNames.end() - 1, kind);
    return static_cast<CauseKind>(found - kCauseNames.begin());
}

void IncidentTally::note(const Incident& incident) {
    Open* open = find(incident.id);
    if (open == nullptr) {
        // A record that is not the first comes from before a restart: open, but opened then.
        if (incident.seq == 0) {
            const auto cause = static_cast<std::size_t>(cause_kind_of(incident));
            ++opened_[place_of(incident.severity)][cause];
        }
        if (!incident.is_over()) begin(incident);
        return;
    }
    --kinds_[open->kind].active[place_of(open->severity)];
    if (!incident.is_over()) {
        open->severity = incident.severity;
        ++kinds_[open->kind].active[place_of(open->severity)];
        return;
    }
    *open = open_.back();
    open_.shrink(open_.size() - 1);
}

void IncidentTally::restore(const Incident& incident) {
    if (!incident.is_over() && find(incident.id) == nullptr) begin(incident);
}

void IncidentTally::begin(const Incident& incident) {
    const std::size_t kind = kind_of(incident);
    if (!open_.push({.id = incident.id, .kind = kind, .severity = incident.severity})) return;
    ++kinds_[kind].active[place_of(incident.severity)];
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
