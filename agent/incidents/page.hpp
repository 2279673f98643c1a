// Page is one incident as one self-contained HTML file: plots, evidence, timeline.
//
// No script, no network, no font from elsewhere; readable on a phone and in the dark. All text of
// the host (names of processes, mount points, log lines) is escaped: it may come from an attacker.
#pragma once

#include <string>
#include <string_view>

#include "core/incident.hpp"

namespace homeostat {

// `snapshot` is what the processes did at its onset (IncidentStore::processes); empty: not known.
std::string incident_page(const Incident& incident, std::int64_t now_unix_ns,
                          std::string_view snapshot = {});

// The samples as an SVG of their own, with a line at `limit` where it lies in the picture.
std::string plot_svg(const Snippet& snippet, double limit);

// "&<>"'" as entities; bytes that are no UTF-8 or no text become U+FFFD.
std::string escape_html(std::string_view text);

}  // namespace homeostat
