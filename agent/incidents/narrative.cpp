#include "agent/incidents/narrative.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

const Finding* find_kind(const Incident& incident, FindingKind kind) {
    for (const Finding& finding : incident.findings) {
        if (finding.kind == kind) return &finding;
    }
    return nullptr;
}

bool is_ratio(std::string_view metric) {
    return metric.ends_with("_ratio");
}

void append_state(FixedString<255>& out, const Incident& incident, const Finding& lead) {
    const std::string_view name = incident.subject.name.empty() ? std::string_view("this host")
                                                                : incident.subject.name.view();
    if (incident.kind == "filesystem_space") {
        format_into(out, "{} is {:.0f} % full", name, lead.value * 100);
    } else if (incident.kind == "filesystem_inodes") {
        format_into(out, "{} has used {:.0f} % of its inodes", name, lead.value * 100);
    } else if (incident.kind == "filesystem_read_only") {
        format_into(out, "{} became read-only", name);
    } else {
        format_into(out, "{}: {} is {}", name, lead.metric,
                    value_text(lead.value, lead.unit, lead.metric));
        if (lead.limit != 0) {
            format_into(out, " (limit {})", value_text(lead.limit, lead.unit, lead.metric));
        }
    }
}

void append_forecast(FixedString<255>& out, const Finding& forecast) {
    if (forecast.rate_per_second > 0) {
        format_into(out, ", grows {}/s", human_bytes(forecast.rate_per_second));
    }
    if (forecast.seconds_to_limit >= 0) {
        format_into(out, ", full in {}", human_duration(forecast.seconds_to_limit));
        if (forecast.seconds_to_limit_low >= 0 && forecast.seconds_to_limit_high >= 0) {
            format_into(out, " ({} to {})", human_duration(forecast.seconds_to_limit_low),
                        human_duration(forecast.seconds_to_limit_high));
        }
    }
}

// The growth that the causes have to explain: bytes a second, 0 when there is none to explain.
double growth_of(const Incident& incident) {
    const Finding* forecast = find_kind(incident, FindingKind::Forecast);
    return forecast == nullptr ? 0 : std::max(0.0, forecast->rate_per_second);
}

// A writer explains the growth as far as it writes as much as grows, and stands out among the
// writers. Without a growth to compare with, only the share counts, and counts half.
double writer_confidence(double writes, double total, double growth) {
    if (writes <= 0 || total <= 0) return 0;
    const double share = writes / total;
    if (growth <= 0) return 0.5 * share;
    const double explained = std::min(1.0, writes / growth);
    return 0.95 * share * explained;  // never certain: it may rewrite in place
}

Cause cause_of(const ProcessUse& process, std::string_view subject, double confidence) {
    Cause cause;
    cause.confidence = confidence;
    format_into(cause.name, "process:{}", process.name);
    format_into(cause.text, "{} (pid {}) writes {}/s to {}", process.name, process.pid,
                human_bytes(process.write_bytes_per_second), subject);
    return cause;
}

}  // namespace

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

FixedVector<Cause, 3> rank_causes(const Incident& incident, double confidence_min) {
    FixedVector<Cause, 3> causes;
    double total = 0;
    for (const ProcessUse& process : incident.processes) total += process.write_bytes_per_second;
    for (const ProcessUse& process : incident.processes) {
        const double confidence =
            writer_confidence(process.write_bytes_per_second, total, growth_of(incident));
        if (confidence < confidence_min) continue;
        if (!causes.push(cause_of(process, incident.subject.name, confidence))) break;
    }
    sort_in_place(causes,
                  [](const Cause& a, const Cause& b) { return a.confidence > b.confidence; });
    return causes;
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
    if (incident.is_over()) {
        format_into(out, "; over after {}",
                    human_duration((incident.ended - incident.onset).seconds()));
    }
    return out;
}

}  // namespace homeostat
