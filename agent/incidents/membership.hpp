// Membership: how a finding takes its place in an incident, and which of them leads the story.
#pragma once

#include "core/incident.hpp"

namespace homeostat {

// A finding that has not held for this long no longer counts for severity or lead.
inline constexpr Duration kStaleAfter = seconds(5);

// The finding of the same condition and subject, or null.
Finding* find_known(Incident& incident, const Finding& finding);

// Whether `value` of this finding is further on the bad side than `other`.
bool is_worse(const Finding& finding, double value, double other);

// Puts the finding in its place, and keeps since when it has held and its worst value. True when it
// is new to the incident; what finds no room is counted.
bool merge(Incident& incident, const Finding& finding, Instant now);

// Puts the leading one first: what opens incidents of its own before what is merely notable, then
// what holds now, then what is worst; of two equals the one that has happened before the one that
// is forecast.
void sort_by_lead(Incident& incident, Instant now);

// The worst of what holds and is measured; nothing when none of it does, and the last one counts.
std::optional<Severity> severity_of(const Incident& incident, Instant now);

}  // namespace homeostat
