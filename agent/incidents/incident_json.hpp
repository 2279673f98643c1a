// Incidents as JSON: what `--json` prints, and one line of the json_lines exporter.
//
// The names are those of the OTLP attributes without their prefix, nested. Ids and 64-bit integers
// are text, times RFC 3339. Fields may be added; a reader must not mind.
#pragma once

#include <string>

#include "core/incident.hpp"

namespace homeostat {

inline constexpr const char* kIncidentSchema = "homeostat.incident/v1";

// Everything, on one line, without the line feed. Bytes that are not UTF-8 become U+FFFD.
std::string to_json_line(const Incident& incident);

// The same, indented, for people.
std::string to_json_text(const Incident& incident);

}  // namespace homeostat
