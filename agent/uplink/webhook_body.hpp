// Request bodies for webhooks: our own JSON, PagerDuty Events v2, and what Slack takes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "agent/uplink/settings.hpp"
#include "core/incident.hpp"

namespace homeostat {

inline constexpr const char* kPagerDutyUrl = "https://events.pagerduty.com/v2/enqueue";

// "incident.open", "incident.update" or "incident.close".
std::string webhook_event(const Incident& incident);

// {"event", then the fields of homeostat.incident/v1}, see agent/incidents/incident_json.hpp.
std::string generic_body(const Incident& incident, const AgentIdentity& identity);

// trigger while it lasts, resolve at the end; the dedup_key holds them together.
std::string pagerduty_body(const Incident& incident, const AgentIdentity& identity,
                           std::string_view routing_key);

// A fallback text and one section; '&', '<' and '>' in host data are escaped.
std::string slack_body(const Incident& incident, const AgentIdentity& identity);

// What became too many messages, as one: "{count} incident records" and the first few summaries.
std::string generic_digest(std::span<const Incident> incidents, const AgentIdentity& identity);
std::string slack_digest(std::span<const Incident> incidents, const AgentIdentity& identity);

}  // namespace homeostat
