// Narrative puts an incident into words: one sentence for a pager.
#pragma once

#include "core/incident.hpp"

namespace homeostat {

// "/srv is 93 % full, grows 1.0 MiB/s and will be full in 45 s; writer (pid 42) writes to it".
FixedString<255> summarize(const Incident& incident);

// The signal was an event: its name and count tell a person nothing that the phrase does not.
bool is_event(const Finding& lead);

// A value in its unit: "93 %", "12.5 GiB", "0.25".
FixedString<32> value_text(double value, Unit unit, std::string_view metric);

}  // namespace homeostat
