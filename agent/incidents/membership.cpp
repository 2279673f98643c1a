#include "agent/incidents/membership.hpp"

#include <algorithm>

namespace homeostat {
namespace {

bool leads(const Incident& incident, const Finding& a, const Finding& b, Instant now) {
    const bool a_own = a.incident == incident.kind && a.subject == incident.subject;
    const bool b_own = b.incident == incident.kind && b.subject == incident.subject;
    if (a_own != b_own) return a_own;
    if (a.incident.empty() != b.incident.empty()) return b.incident.empty();
    const bool a_holds = now - a.last_held < kStaleAfter;
    const bool b_holds = now - b.last_held < kStaleAfter;
    if (a_holds != b_holds) return a_holds;
    if (a.severity != b.severity) return a.severity > b.severity;
    return a.kind == FindingKind::Condition && b.kind != FindingKind::Condition;
}

// What is merely notable gives way to what is a fault.
Finding* room_for(Incident& incident, const Finding& finding) {
    if (incident.findings.push(finding)) return &incident.findings.back();
    if (finding.incident.empty()) return nullptr;
    auto* notable = std::find_if(incident.findings.begin(), incident.findings.end(),
                                 [](const Finding& known) { return known.incident.empty(); });
    if (notable == incident.findings.end()) return nullptr;
    ++incident.findings_dropped;
    return notable;
}

}  // namespace

Finding* find_known(Incident& incident, const Finding& finding) {
    for (Finding& known : incident.findings) {
        if (known.condition == finding.condition && known.subject == finding.subject) return &known;
    }
    return nullptr;
}

bool is_worse(const Finding& finding, double value, double other) {
    return finding.worse_below ? value < other : value > other;
}

bool merge(Incident& incident, const Finding& finding, Instant now) {
    if (Finding* known = find_known(incident, finding)) {
        const Instant since = known->since;
        const double worst = known->worst;
        *known = finding;
        known->worst = finding.source_silent || !is_worse(finding, finding.value, worst)
                           ? worst
                           : finding.value;
        known->since = std::min(since, finding.since);
        known->last_held = now;
        return false;
    }
    Finding* place = room_for(incident, finding);
    if (place == nullptr) {
        ++incident.findings_dropped;
        return false;
    }
    *place = finding;
    place->worst = finding.value;
    place->last_held = now;
    return true;
}

void sort_by_lead(Incident& incident, Instant now) {
    sort_in_place(incident.findings,
                  [&](const Finding& a, const Finding& b) { return leads(incident, a, b, now); });
}

std::optional<Severity> severity_of(const Incident& incident, Instant now) {
    std::optional<Severity> worst;
    for (const Finding& finding : incident.findings) {
        const bool counts = now - finding.last_held < kStaleAfter && !finding.source_silent &&
                            !finding.incident.empty();
        if (counts) worst = std::max(worst.value_or(Severity::Info), finding.severity);
    }
    return worst;
}

}  // namespace homeostat
