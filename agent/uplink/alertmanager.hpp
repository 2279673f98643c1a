// Alerts as Alertmanager v2 takes them: labels that name one, annotations that explain it.
//
// The label set is the alert's identity, so it holds only what stays the same while the incident
// lasts; the incident's id is an annotation. Empty values and bad names are left out, because one
// bad label makes Alertmanager refuse the alert.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/uplink/settings.hpp"
#include "core/incident.hpp"

namespace homeostat {

using AlertLabels = std::map<std::string, std::string>;

// [a-zA-Z_][a-zA-Z0-9_]*, what every version takes.
bool is_label_name(std::string_view name);

// alertname, severity, instance, homeostat_signal (the kind of incident), homeostat_subject (what
// it is about: two full disks are two alerts), homeostat_cause, and the owner's static labels where
// they do not collide. `severity` is the one to route by: of an incident that is over, its worst.
AlertLabels alert_labels(const Incident& incident, Severity severity,
                         const AlertmanagerSettings& settings, const AgentIdentity& identity);

// summary, description, since (the onset), incident_id, evidence, action.
AlertLabels alert_annotations(const Incident& incident);

struct Alert {
    AlertLabels labels;
    AlertLabels annotations;
    std::int64_t starts_unix_ns = 0;
    std::int64_t ends_unix_ns = 0;
};

// One element of the array that is posted to /api/v2/alerts, as JSON text.
std::string alert_json(const Alert& alert, std::string_view generator_url);

}  // namespace homeostat
