#include "agent/incidents/explanation.hpp"

#include "agent/incidents/kinds.hpp"
#include "agent/incidents/narrative.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

// One line, whatever a mount, a process or a file is called: a name with a line feed in it must not
// say something of its own in what root reads.
void line(std::string& out, std::string_view text) {
    out += printable(text);
    out += '\n';
}

std::string subject_text(const Subject& subject) {
    if (subject.name.empty()) return "this host";
    return fmt::format("{} {}", name_of(subject.kind), subject.name);
}

void append_finding(std::string& all, const Finding& finding, const Incident& incident) {
    std::string out =
        fmt::format("  {} on {}: {} {}", finding.condition, subject_text(finding.subject),
                    finding.metric, value_text(finding.value, finding.unit, finding.metric));
    if (finding.limit != 0) {
        out += fmt::format(", limit {}", value_text(finding.limit, finding.unit, finding.metric));
    }
    if (finding.expected != 0) {
        out +=
            fmt::format(", usually {}", value_text(finding.expected, finding.unit, finding.metric));
    }
    out += fmt::format("; since {}", rfc3339(finding.since.unix_ns));
    if (finding.incident.empty()) {
        out += "; notable only: it opens nothing by itself";
    } else if (!(finding.incident == incident.kind) || !(finding.subject == incident.subject)) {
        out += fmt::format("; a {} of the same fault", finding.incident);
    }
    if (finding.source_silent) out += "; no longer measured";
    line(all, out);
}

void append_cause(std::string& out, const Cause& cause, bool named) {
    line(out, fmt::format("  {:3.0f} %  {}{}", cause.confidence * 100, cause.text,
                          named ? "" : "  (not sure enough to be named)"));
    if (!cause.pro.empty()) line(out, fmt::format("         for: {}", cause.pro));
    if (!cause.contra.empty()) line(out, fmt::format("         against: {}", cause.contra));
}

bool is_named(const Incident& incident, const Cause& cause) {
    for (const Cause& known : incident.causes) {
        if (known.name == cause.name) return true;
    }
    return false;
}

void append_feedback(std::string& out, const Incident& incident, const Preferences& preferences) {
    for (const Finding& finding : incident.findings) {
        const FeedbackEffect* effect =
            preferences.feedback_of(finding.condition, finding.subject.name);
        if (effect == nullptr) continue;
        out += '\n';
        line(out,
             fmt::format(
                 "Feedback on {} here: {} useful, {} noise, {} wrong cause; it must hold {} longer",
                 finding.condition, effect->useful, effect->noise, effect->wrong_cause,
                 to_text(preferences.extra_confirm(finding.condition, finding.subject.name))));
    }
}

}  // namespace

std::string explain_incident(const Incident& incident, const Preferences& preferences) {
    std::string out;
    line(out, incident.summary);
    out += '\n';
    line(out, fmt::format("It is a {} because of:", incident.kind));
    for (const Finding& finding : incident.findings) append_finding(out, finding, incident);
    if (incident.findings_dropped > 0) {
        out += fmt::format("  and {} more that found no room\n", incident.findings_dropped);
    }
    out += "\nCauses that were considered:\n";
    if (incident.considered.empty()) out += "  none: nothing that is known has to do with it\n";
    for (const Cause& cause : incident.considered) {
        append_cause(out, cause, is_named(incident, cause));
    }
    if (!incident.notes.empty()) {
        out += "\nBefore and during it:\n";
        for (const IncidentNote& note : incident.notes) {
            line(out, fmt::format("  {}  {}: {}", rfc3339(note.at.unix_ns), name_of(note.kind),
                                  note.text));
        }
    }
    if (!incident.actions.empty()) out += "\nWhat the rules decided:\n";
    for (const ActionRecord& action : incident.actions) {
        line(out, fmt::format("  {} [{}] {}: {}", action.rule, action.mode, action.state,
                              action.detail));
    }
    append_feedback(out, incident, preferences);
    return out;
}

}  // namespace homeostat
