// Explanation says why an incident is what it is: every finding with its limit, every cause that
// was thought of with what speaks for and against it, and what people's feedback changed.
#pragma once

#include <string>

#include "agent/incidents/preferences.hpp"
#include "core/incident.hpp"

namespace homeostat {

// Plain text for `homeostat explain`.
std::string explain_incident(const Incident& incident, const Preferences& preferences);

}  // namespace homeostat
