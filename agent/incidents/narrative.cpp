#include "agent/incidents/narrative.hpp"

#include <algorithm>
#include <cmath>

#include "agent/incidents/kinds.hpp"
#include "agent/incidents/membership.hpp"
#include "core/event.hpp"

namespace homeostat {
namespace {

const Finding* find_kind(const Incident& incident, FindingKind kind) {
    for (const Finding& finding : incident.findings) {
        if (finding.kind == kind) return &finding;
    }
    return nullptr;
}

// Seconds per second, or of a whole: people read them as a percentage.
bool is_ratio(std::string_view metric) {
    return metric.ends_with("_ratio") || metric.find("pressure_") != std::string_view::npos ||
           metric.ends_with("_busy_seconds");
}

// "the processor is saturated", "nginx.service failed".
void append_phrase(FixedString<255>& out, std::string_view phrase, std::string_view subject) {
    const auto gap = phrase.find("{}");
    if (gap == std::string_view::npos) {
        out.append(phrase);
        return;
    }
    out.append(phrase.substr(0, gap));
    out.append(subject);
    out.append(phrase.substr(gap + 2));
}

// The value to tell: the newest one while it lasts, the worst one when it is over.
double value_to_tell(const Incident& incident, const Finding& lead) {
    if (!incident.is_over()) return lead.value;
    double worst = lead.worst;
    for (const Finding& other : incident.findings) {
        const bool same = other.metric == lead.metric && other.subject == lead.subject;
        if (same && is_worse(other, other.worst, worst)) worst = other.worst;
    }
    return worst;
}

void append_state(FixedString<255>& out, const Incident& incident, const Finding& lead) {
    const double value = value_to_tell(incident, lead);
    const std::string_view is = incident.is_over() ? "was" : "is";
    const std::string_view name = incident.subject.name.empty() ? std::string_view("this host")
                                                                : incident.subject.name.view();
    if (lead.metric == "filesystem_deleted_open_bytes") {
        format_into(out, "deleted files that {} still open {} {:.0f} % of {}",
                    incident.is_over() ? "were" : "are", incident.is_over() ? "held" : "hold",
                    value * 100, name);
    } else if (incident.kind == "filesystem_space") {
        format_into(out, "{} {} {:.0f} % full", name, is, value * 100);
    } else if (incident.kind == "filesystem_inodes") {
        format_into(out, "{} {} used {:.0f} % of its inodes", name,
                    incident.is_over() ? "had" : "has", value * 100);
    } else if (incident.kind == "filesystem_read_only") {
        format_into(out, "{} became read-only", name);
    } else {
        append_phrase(out, find_kind(incident.kind).phrase, name);
        if (is_event(lead)) return;
        format_into(out, ": {} {} {}", lead.metric, is, value_text(value, lead.unit, lead.metric));
        if (lead.expected != 0) {
            format_into(out, " (usually {})", value_text(lead.expected, lead.unit, lead.metric));
        } else if (lead.limit != 0) {
            format_into(out, " (limit {})", value_text(lead.limit, lead.unit, lead.metric));
        }
    }
}

void append_forecast(FixedString<255>& out, const Finding& forecast) {
    if (forecast.rate_per_second > 0) {
        format_into(out, ", grows {}/s", human_bytes(forecast.rate_per_second));
    }
    // "Full in 0 s" tells nobody anything that "100 % full" does not.
    if (forecast.seconds_to_limit < 1) return;
    format_into(out, ", full in {}", human_duration(forecast.seconds_to_limit));
    if (forecast.seconds_to_limit_low >= 0 && forecast.seconds_to_limit_high >= 0) {
        format_into(out, " ({} to {})", human_duration(forecast.seconds_to_limit_low),
                    human_duration(forecast.seconds_to_limit_high));
    }
}

}  // namespace

bool is_event(const Finding& lead) {
    for (int kind = 0; kind <= static_cast<int>(kEventKindLast); ++kind) {
        if (lead.metric == name_of(static_cast<EventKind>(kind))) return true;
    }
    return false;
}

FixedString<32> value_text(double value, Unit unit, std::string_view metric) {
    FixedString<32> out;
    if (is_ratio(metric)) {
        format_into(out, "{:.0f} %", value * 100);
    } else if (unit == Unit::Bytes) {
        out.append(human_bytes(value));
    } else {
        format_into(out, "{:.4g}", value);
    }
    return out;
}

FixedString<255> summarize(const Incident& incident) {
    FixedString<255> out;
    if (incident.findings.empty()) {
        format_into(out, "{} on {}", incident.kind, incident.subject.name);
        return out;
    }
    append_state(out, incident, incident.findings[0]);
    const Finding* forecast = find_kind(incident, FindingKind::Forecast);
    if (forecast != nullptr && !incident.is_over()) append_forecast(out, *forecast);
    if (!incident.causes.empty()) {
        format_into(out, "; {}", incident.causes[0].text);
    }
    if (incident.uncertain) out.append("; no longer measured");
    if (incident.is_over()) {
        format_into(out, "; over after {}",
                    human_duration((incident.ended - incident.onset).seconds()));
    }
    return out;
}

}  // namespace homeostat
