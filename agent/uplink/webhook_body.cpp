#include "agent/uplink/webhook_body.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/incidents/incident_json.hpp"
#include "agent/uplink/otlp.hpp"
#include "agent/uplink/utf8.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSummaryBytesMax = 1024;  // PagerDuty's limit
constexpr std::size_t kSectionBytesMax = 3000;  // Slack's limit
constexpr std::size_t kDigestLinesMax = 10;

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// One line of UTF-8, since what a thing is called must not write lines of its own to people.
std::string text_of(std::string_view text) {
    return printable(to_utf8(text));
}

// Slack's three control characters.
std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text_of(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string headline(const Incident& incident, const AgentIdentity& identity) {
    const std::string_view word =
        incident.is_over() ? std::string_view("resolved") : name_of(incident.severity);
    return text_of(fmt::format("[{}] {}: {}", word, identity.host_name, incident.summary));
}

std::string slack_message(std::string_view fallback, std::string_view section) {
    const Json block{{"type", "section"},
                     {"text", {{"type", "mrkdwn"}, {"text", to_utf8(section, kSectionBytesMax)}}}};
    return dump({{"text", to_utf8(fallback, kSectionBytesMax)}, {"blocks", Json::array({block})}});
}

Json lines_of(std::span<const Incident> incidents) {
    Json lines = Json::array();
    for (const Incident& incident : incidents.first(std::min(incidents.size(), kDigestLinesMax))) {
        lines.push_back({{"id", text_of(incident.id.text())},
                         {"event", webhook_event(incident)},
                         {"severity", text_of(name_of(incident.severity))},
                         {"summary", text_of(incident.summary)}});
    }
    return lines;
}

}  // namespace

std::string webhook_event(const Incident& incident) {
    return fmt::format("incident.{}", otlp_state(incident));
}

std::string generic_body(const Incident& incident, const AgentIdentity& identity) {
    const Json head{
        {"event", webhook_event(incident)},
        {"host", {{"id", text_of(identity.host_id)}, {"name", text_of(identity.host_name)}}}};
    std::string body = dump(head);
    body.back() = ',';
    return body + to_json_line(incident).substr(1);
}

std::string pagerduty_body(const Incident& incident, const AgentIdentity& identity,
                           std::string_view routing_key) {
    Json body{{"routing_key", text_of(routing_key)},
              {"event_action", incident.is_over() ? "resolve" : "trigger"},
              {"dedup_key", fmt::format("homeostat/{}", incident.id.text())}};
    if (incident.is_over()) return dump(body);
    Json details{{"incident_id", text_of(incident.id.text())}};
    if (!incident.causes.empty()) details["cause"] = text_of(incident.causes[0].text);
    for (const Finding& finding : incident.findings) {
        details["evidence"].push_back(text_of(
            fmt::format("{} {} {:.6g}", finding.metric, finding.subject.name, finding.value)));
    }
    body["payload"] = {{"summary", to_utf8(headline(incident, identity), kSummaryBytesMax)},
                       {"source", text_of(identity.host_name)},
                       {"severity", text_of(name_of(incident.severity))},
                       {"timestamp", text_of(rfc3339(incident.updated.unix_ns))},
                       {"component", text_of(incident.subject.name)},
                       {"class", text_of(incident.kind)},
                       {"custom_details", details}};
    body["client"] = "homeostat";
    return dump(body);
}

std::string slack_body(const Incident& incident, const AgentIdentity& identity) {
    std::string section = fmt::format("*{}*", escape(headline(incident, identity)));
    if (!incident.causes.empty()) {
        section += fmt::format("\nCause: {} ({:.0f} %)", escape(incident.causes[0].text),
                               100 * incident.causes[0].confidence);
    }
    if (!incident.actions.empty()) {
        const ActionRecord& action = incident.actions.back();
        section += fmt::format("\nAction: {} {} {}", escape(action.rule), escape(action.state),
                               escape(action.detail));
    }
    section += fmt::format("\n`{}`", incident.id.text());
    return slack_message(escape(headline(incident, identity)), section);
}

std::string generic_digest(std::span<const Incident> incidents, const AgentIdentity& identity) {
    return dump(
        {{"event", "incident.digest"},
         {"schema", "homeostat.digest/v1"},
         {"host", {{"id", text_of(identity.host_id)}, {"name", text_of(identity.host_name)}}},
         {"count", incidents.size()},
         {"first", lines_of(incidents)}});
}

std::string slack_digest(std::span<const Incident> incidents, const AgentIdentity& identity) {
    const std::string title = fmt::format("{}: {} incident records in a short time",
                                          escape(identity.host_name), incidents.size());
    std::string section = fmt::format("*{}*", title);
    for (const Incident& incident : incidents.first(std::min(incidents.size(), kDigestLinesMax))) {
        section += fmt::format("\n{}", escape(headline(incident, identity)));
    }
    return slack_message(title, section);
}

}  // namespace homeostat
