// Story tells one incident to a tired person: at most twelve lines of eighty-odd columns.
#pragma once

#include <string>

#include "core/incident.hpp"

namespace homeostat {

// What, since when, how bad, why, what was done, what it did, what to do next.
std::string tell_story(const Incident& incident, std::int64_t now_unix_ns);

// One row of `homeostat incidents`: short id, state, severity, since, subject, summary.
std::string story_row(const Incident& incident, std::int64_t now_unix_ns);
std::string story_header();

// The newest samples as one line of block characters, lowest to highest.
std::string sparkline(const Snippet& snippet);

}  // namespace homeostat
