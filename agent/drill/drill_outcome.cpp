#include "agent/drill/drill_outcome.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace homeostat {
namespace {

bool is_culprit(const DrillRow& row, const Incident& incident) {
    if (row.culprit == ".") return true;  // who sends and receives, the kernel does not tell
    return !incident.causes.empty() && incident.causes[0].name == row.culprit;
}

std::string why(const Incident& incident) {
    if (incident.causes.empty()) return "cause unknown";
    return fmt::format("{} (confidence {:.0f} %)", incident.causes[0].text.view(),
                       100 * incident.causes[0].confidence);
}

std::string action(const Incident& incident) {
    if (!incident.actions.empty()) {
        const ActionRecord& last = incident.actions.back();
        return fmt::format("{}: {} [{}] {} {}", last.rule.view(), last.playbook.view(),
                           last.mode.view(), last.state.view(), last.detail.view());
    }
    if (incident.remedy.empty()) return "nothing: no rule is about it";
    return fmt::format("nothing: no rule is about it; the stock rule for it is {}",
                       incident.remedy.view());
}

}  // namespace

DrillOutcome judge_drill(const DrillRow& row, std::span<const Incident> incidents,
                         std::int64_t began_unix_ns) {
    DrillOutcome outcome;
    for (const Incident& incident : incidents) {
        if (incident.opened.unix_ns < began_unix_ns) continue;
        ++outcome.incidents;
        const bool right = opens_kind(row, incident.kind);
        if (outcome.incident && (outcome.kind_right || !right)) continue;
        outcome.incident = incident;
        outcome.kind_right = right;
        outcome.explained = right && is_culprit(row, incident);
        outcome.delay_seconds = Duration{incident.opened.unix_ns - began_unix_ns}.seconds();
    }
    return outcome;
}

std::string drill_text(const DrillRow& row, const DrillOutcome& outcome) {
    if (!outcome.incident) {
        return fmt::format("seen       no: nothing opened; expected was {}\n", row.opens);
    }
    const Incident& incident = *outcome.incident;
    std::string out = fmt::format("seen       {}, after {:.0f} s: {}\n",
                                  outcome.kind_right ? "yes" : "as another", outcome.delay_seconds,
                                  incident.kind.view());
    out += fmt::format("what       {}\n", incident.summary.view());
    out += fmt::format("explained  {}: {}\n", outcome.explained ? "yes" : "no", why(incident));
    out += fmt::format("acted      {}\n", action(incident));
    out += fmt::format("incidents  {}{}\n", outcome.incidents,
                       outcome.incidents == 1 ? "" : ": one fault should be one incident");
    out += fmt::format("id         {}\n", incident.id.text().view());
    return out;
}

std::string drill_json(const DrillRow& row, const DrillOutcome& outcome) {
    nlohmann::ordered_json json{{"drill", row.name},
                                {"seen", outcome.incident.has_value()},
                                {"kind_right", outcome.kind_right},
                                {"explained", outcome.explained},
                                {"incidents", outcome.incidents},
                                {"good", outcome.is_good()}};
    if (outcome.incident) {
        const Incident& incident = *outcome.incident;
        json["delay_seconds"] = outcome.delay_seconds;
        json["kind"] = incident.kind.view();
        json["summary"] = incident.summary.view();
        json["cause"] = why(incident);
        json["action"] = action(incident);
        json["id"] = incident.id.text().view();
    }
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace homeostat
