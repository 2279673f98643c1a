#include "agent/incidents/incident_json.hpp"

#include <nlohmann/json.hpp>

#include "core/printable.hpp"

namespace homeostat {
namespace {

using Json = nlohmann::ordered_json;

Json time_of(Instant at) {
    return std::string(rfc3339(at.unix_ns));
}

Json text_of(std::string_view text) {
    return std::string(text);
}

Json json_of(const Finding& finding) {
    Json out{{"condition", text_of(finding.condition)},
             {"kind", text_of(name_of(finding.kind))},
             {"severity", text_of(name_of(finding.severity))},
             {"metric", text_of(finding.metric)},
             {"since", time_of(finding.since)},
             {"value", finding.value},
             {"worst", finding.worst},
             {"limit", finding.limit},
             {"score", finding.score}};
    if (finding.source_silent) out["source_silent"] = true;
    if (finding.expected != 0) out["expected"] = finding.expected;
    if (finding.kind == FindingKind::Forecast) {
        out["rate_per_second"] = finding.rate_per_second;
        out["seconds_to_limit"] = finding.seconds_to_limit;
        out["seconds_to_limit_low"] = finding.seconds_to_limit_low;
        out["seconds_to_limit_high"] = finding.seconds_to_limit_high;
    }
    return out;
}

Json json_of(const ProcessUse& process) {
    Json out{{"pid", process.pid}, {"name", text_of(process.name)}};
    if (!process.unit.empty()) out["unit"] = text_of(process.unit);
    out["cpu_ratio"] = process.cpu_ratio;
    out["rss_bytes"] = process.rss_bytes;
    out["write_bytes_per_second"] = process.write_bytes_per_second;
    out["rss_growth_bytes_per_second"] = process.rss_growth_bytes_per_second;
    out["open_files"] = process.open_files;
    out["share"] = process.share;
    if (process.namesakes > 0) out["namesakes"] = process.namesakes;
    return out;
}

Json json_of(const Cause& cause) {
    Json out{{"name", text_of(cause.name)},
             {"text", text_of(cause.text)},
             {"confidence", cause.confidence}};
    if (!cause.pro.empty()) out["for"] = text_of(cause.pro);
    if (!cause.contra.empty()) out["against"] = text_of(cause.contra);
    return out;
}

Json json_of(const IncidentNote& note) {
    return {{"at", time_of(note.at)},
            {"kind", text_of(name_of(note.kind))},
            {"text", text_of(note.text)}};
}

Json json_of(const Snippet& snippet) {
    Json values = Json::array();
    for (const float value : snippet.values) values.push_back(value);
    return {{"metric", text_of(snippet.metric)},
            {"step_seconds", snippet.step_seconds},
            {"values", values}};
}

Json json_of(const ActionRecord& action) {
    return {{"rule", text_of(action.rule)},     {"playbook", text_of(action.playbook)},
            {"mode", text_of(action.mode)},     {"state", text_of(action.state)},
            {"detail", text_of(action.detail)}, {"at", time_of(action.at)},
            {"before", action.before},          {"after", action.after},
            {"expected", action.expected},      {"target", text_of(action.target)}};
}

template <typename Items>
Json list_of(const Items& items) {
    Json out = Json::array();
    for (const auto& item : items) out.push_back(json_of(item));
    return out;
}

Json json_of(const Incident& incident) {
    Json out{{"schema", kIncidentSchema},
             {"id", text_of(incident.id.text())},
             {"seq", incident.seq},
             {"state", text_of(name_of(incident.state))},
             {"kind", text_of(incident.kind)},
             {"severity", text_of(name_of(incident.severity))},
             {"peak_severity", text_of(name_of(incident.peak_severity))},
             {"fingerprint", text_of(fingerprint(incident))},
             {"subject",
              {{"kind", text_of(name_of(incident.subject.kind))},
               {"name", text_of(incident.subject.name)}}},
             {"summary", text_of(incident.summary)},
             {"onset", time_of(incident.onset)},
             {"opened", time_of(incident.opened)},
             {"updated", time_of(incident.updated)}};
    if (incident.is_over()) out["ended"] = time_of(incident.ended);
    out["findings"] = list_of(incident.findings);
    out["causes"] = list_of(incident.causes);
    out["processes"] = list_of(incident.processes);
    out["actions"] = list_of(incident.actions);
    if (!incident.snippet.values.empty()) out["snippet"] = json_of(incident.snippet);
    if (!incident.related.empty()) out["related"] = list_of(incident.related);
    out["considered"] = list_of(incident.considered);
    if (!incident.notes.empty()) out["timeline"] = list_of(incident.notes);
    if (!incident.advice.empty()) out["advice"] = text_of(incident.advice);
    if (!incident.remedy.empty()) out["remedy"] = text_of(incident.remedy);
    if (incident.flaps > 0) out["flaps"] = incident.flaps;
    if (incident.findings_dropped > 0) out["findings_dropped"] = incident.findings_dropped;
    if (incident.uncertain) out["uncertain"] = true;
    if (!incident.audit_head.empty()) out["audit_head"] = text_of(incident.audit_head);
    return out;
}

}  // namespace

std::string to_json_line(const Incident& incident) {
    return printable_json(json_of(incident).dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string to_json_text(const Incident& incident) {
    return printable_json(json_of(incident).dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace homeostat
