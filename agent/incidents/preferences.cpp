#include "agent/incidents/preferences.hpp"

namespace homeostat {

const Silence* Preferences::silence_of(std::string_view kind, std::string_view condition,
                                       std::string_view subject, std::int64_t now_unix_ns) const {
    for (const Silence& silence : silences) {
        if (silence.until_unix_ns <= now_unix_ns) continue;
        const bool of_kind =
            silence.kind.empty() || silence.kind == kind || silence.kind == condition;
        const bool of_subject = silence.subject.empty() || silence.subject == subject;
        if (of_kind && of_subject) return &silence;
    }
    return nullptr;
}

bool Preferences::silences_actions(const Incident& incident, Instant now) const {
    const std::string_view condition =
        incident.findings.empty() ? std::string_view{} : incident.findings[0].condition.view();
    return silence_of(incident.kind, condition, incident.subject.name, now.unix_ns) != nullptr;
}

const FeedbackEffect* Preferences::feedback_of(std::string_view condition,
                                               std::string_view subject) const {
    for (const FeedbackEffect& effect : feedback) {
        if (effect.condition == condition && effect.subject == subject) return &effect;
    }
    return nullptr;
}

Duration Preferences::extra_confirm(std::string_view condition, std::string_view subject) const {
    const FeedbackEffect* effect = feedback_of(condition, subject);
    return effect == nullptr ? Duration{} : kNoiseStep * effect->noise_steps;
}

bool Preferences::holds_back(const Finding& finding, Instant now) const {
    if (silence_of(finding.incident, finding.condition, finding.subject.name, now.unix_ns) !=
        nullptr) {
        return true;
    }
    const Duration extra = extra_confirm(finding.condition, finding.subject.name);
    return extra.ns > 0 && now - finding.since < extra;
}

}  // namespace homeostat
