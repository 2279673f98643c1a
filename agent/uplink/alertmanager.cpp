#include "agent/uplink/alertmanager.hpp"

#include <nlohmann/json.hpp>

#include "agent/uplink/utf8.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kLabelBytesMax = 512;
constexpr std::size_t kAnnotationBytesMax = 2048;

void put(AlertLabels& out, const std::string& name, std::string_view value,
         std::size_t size_max = kLabelBytesMax) {
    if (value.empty() || !is_label_name(name)) return;
    out.emplace(name, to_utf8(value, size_max));
}

std::string evidence_of(const Incident& incident) {
    std::string out;
    for (const Finding& finding : incident.findings) {
        if (!out.empty()) out += "; ";
        out += fmt::format("{} {} {:.6g}", finding.metric, finding.subject.name, finding.value);
        if (finding.limit != 0) out += fmt::format(" (limit {:.6g})", finding.limit);
        out += fmt::format(", {}", finding.condition);
    }
    return out;
}

std::string description_of(const Incident& incident) {
    if (incident.causes.empty()) return "The cause is not known.";
    const Cause& cause = incident.causes[0];
    return fmt::format("Likeliest cause: {} ({:.0f} %).", cause.text, 100 * cause.confidence);
}

std::string action_of(const Incident& incident) {
    if (incident.actions.empty()) return {};
    const ActionRecord& action = incident.actions.back();
    return fmt::format("{}: {} {}{}{}", action.rule, action.mode, action.state,
                       action.detail.empty() ? "" : ", ", action.detail);
}

}  // namespace

bool is_label_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (name.empty() || !is_letter(name[0])) return false;
    for (const char c : name) {
        if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
    }
    return true;
}

AlertLabels alert_labels(const Incident& incident, Severity severity,
                         const AlertmanagerSettings& settings, const AgentIdentity& identity) {
    AlertLabels labels;
    put(labels, "alertname", "HomeostatIncident");
    put(labels, "severity", name_of(severity));
    put(labels, "instance", identity.host_name);
    put(labels, "homeostat_signal", incident.kind);
    put(labels, "homeostat_subject", incident.subject.name);
    if (!incident.causes.empty()) put(labels, "homeostat_cause", incident.causes[0].name);
    for (const NameValue& label : settings.labels) put(labels, label.name, label.value);
    return labels;
}

AlertLabels alert_annotations(const Incident& incident) {
    AlertLabels out;
    put(out, "summary", incident.summary, kAnnotationBytesMax);
    put(out, "description", description_of(incident), kAnnotationBytesMax);
    put(out, "since", rfc3339(incident.onset.unix_ns), kAnnotationBytesMax);
    put(out, "incident_id", incident.id.text(), kAnnotationBytesMax);
    put(out, "evidence", evidence_of(incident), kAnnotationBytesMax);
    put(out, "action", action_of(incident), kAnnotationBytesMax);
    return out;
}

std::string alert_json(const Alert& alert, std::string_view generator_url) {
    nlohmann::json out{{"labels", alert.labels},
                       {"annotations", alert.annotations},
                       {"startsAt", rfc3339(alert.starts_unix_ns).c_str()},
                       {"endsAt", rfc3339(alert.ends_unix_ns).c_str()}};
    if (!generator_url.empty()) out["generatorURL"] = std::string(generator_url);
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace homeostat
