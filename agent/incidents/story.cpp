#include "agent/incidents/story.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "agent/incidents/narrative.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

// Enough to tell the incidents of one host apart, and short enough to type: in a UUIDv7 the first
// 13 characters are the time in milliseconds.
constexpr std::size_t kShortId = 18;

std::string_view advice_for(const Incident& incident) {
    switch (incident.state) {
        case IncidentState::Resolved: return "nothing: it is over";
        case IncidentState::GivenUp:
            return "a person is needed: the remedies that are allowed here did not help";
        case IncidentState::Acting: return "wait: a remedy is running or being verified";
        case IncidentState::Open: break;
    }
    if (!incident.advice.empty()) return incident.advice;
    return "look at the evidence: `homeostat explain ID`";
}

void line(std::string& out, std::string_view label, std::string_view text) {
    out += fmt::format("  {:<9} {}\n", label, printable(text));
}

std::string age_of(std::int64_t unix_ns, std::int64_t now_unix_ns) {
    return std::string(human_duration(static_cast<double>(now_unix_ns - unix_ns) * 1e-9));
}

std::string why(const Incident& incident) {
    if (incident.causes.empty()) {
        if (incident.considered.empty()) return "cause unknown";
        std::string out = "cause unknown; nearest:";
        for (const Cause& cause : incident.considered) {
            out += fmt::format(" {} ({:.0f} %)", cause.name, cause.confidence * 100);
        }
        return out;
    }
    const Cause& cause = incident.causes[0];
    return fmt::format("{} (confidence {:.0f} %)", cause.text, cause.confidence * 100);
}

std::string action_text(const ActionRecord& action, const Finding* lead) {
    std::string out =
        fmt::format("{}{}{}: {} [{}] {}", action.rule, action.target.empty() ? "" : " on ",
                    action.target, action.playbook, action.mode, action.state);
    if (!action.detail.empty()) out += fmt::format(", {}", action.detail);
    const bool measured =
        action.state == "effective" || action.state == "ineffective" || action.state == "worse";
    if (measured && lead != nullptr && !is_event(*lead)) {
        out += fmt::format(" ({} -> {}, {} expected without it)",
                           value_text(action.before, lead->unit, lead->metric),
                           value_text(action.after, lead->unit, lead->metric),
                           value_text(action.expected, lead->unit, lead->metric));
    }
    return out;
}

// The change nearest to the onset; how many more there were.
void append_changes(std::string& out, const Incident& incident) {
    const IncidentNote* nearest = nullptr;
    std::size_t changes = 0;
    for (const IncidentNote& note : incident.notes) {
        if (note.kind != NoteKind::Change) continue;
        nearest = &note;
        ++changes;
    }
    if (nearest == nullptr) return;
    line(out, "changed",
         fmt::format(
             "{}, {} before{}", nearest->text,
             human_duration(std::max(
                 0.0, static_cast<double>(incident.onset.unix_ns - nearest->at.unix_ns) * 1e-9)),
             changes > 1 ? fmt::format(" (and {} more)", changes - 1) : ""));
}

// The newest two: the story has twelve lines.
void append_actions(std::string& out, const Incident& incident, const Finding* lead) {
    constexpr std::size_t kActionsTold = 2;
    const std::size_t count = incident.actions.size();
    for (std::size_t i = count > kActionsTold ? count - kActionsTold : 0; i < count; ++i) {
        line(out, "done", action_text(incident.actions[i], lead));
    }
}

}  // namespace

std::string sparkline(const Snippet& snippet) {
    static constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄",
                                                             "▅", "▆", "▇", "█"};
    std::string out;
    if (snippet.values.empty()) return out;
    const auto [low, high] = std::minmax_element(snippet.values.begin(), snippet.values.end());
    const float span = *high - *low;
    for (const float value : snippet.values) {
        const float share = span > 0 ? (value - *low) / span : 0;
        out += kBlocks[static_cast<std::size_t>(std::lround(share * 7))];
    }
    return out;
}

std::string tell_story(const Incident& incident, std::int64_t now_unix_ns) {
    const Finding* lead = incident.findings.empty() ? nullptr : &incident.findings[0];
    std::string out =
        fmt::format("{} {} on {} [{}]\n", name_of(incident.peak_severity), printable(incident.kind),
                    printable(incident.subject.name), name_of(incident.state));
    line(out, "what", incident.summary);
    line(out, "since",
         fmt::format("{} ({} ago), told after {}", rfc3339(incident.onset.unix_ns),
                     age_of(incident.onset.unix_ns, now_unix_ns),
                     human_duration((incident.opened - incident.onset).seconds())));
    line(out, "why", why(incident));
    if (incident.uncertain) line(out, "unsure", "nobody measures it at present");
    if (incident.flaps > 0) {
        line(out, "flaps", fmt::format("it seemed over {} times and came back", incident.flaps));
    }
    if (!incident.snippet.values.empty()) {
        const auto [low, high] =
            std::minmax_element(incident.snippet.values.begin(), incident.snippet.values.end());
        const Unit unit = lead == nullptr ? Unit::None : lead->unit;
        line(out, "onset",
             fmt::format("{} {} {} to {}", sparkline(incident.snippet), incident.snippet.metric,
                         value_text(*low, unit, incident.snippet.metric),
                         value_text(*high, unit, incident.snippet.metric)));
    }
    append_changes(out, incident);
    append_actions(out, incident, lead);
    if (incident.is_over()) {
        line(out, "over",
             fmt::format("{} after {}", rfc3339(incident.ended.unix_ns),
                         human_duration((incident.ended - incident.onset).seconds())));
    }
    line(out, "next", advice_for(incident));
    line(out, "id", incident.id.text());
    return out;
}

std::string story_header() {
    return fmt::format("{:<18}  {:<8}  {:<8}  {:>8}  {}\n", "ID", "STATE", "SEVERITY", "SINCE",
                       "WHAT");
}

std::string story_row(const Incident& incident, std::int64_t now_unix_ns) {
    return fmt::format("{:<18}  {:<8}  {:<8}  {:>8}  {}\n",
                       incident.id.text().view().substr(0, kShortId), name_of(incident.state),
                       name_of(incident.peak_severity), age_of(incident.onset.unix_ns, now_unix_ns),
                       printable(incident.summary));
}

}  // namespace homeostat
