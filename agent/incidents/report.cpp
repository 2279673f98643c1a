#include "agent/incidents/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace homeostat {
namespace {

double median(std::vector<double>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

bool any_action(const Incident& incident, std::initializer_list<std::string_view> states) {
    for (const ActionRecord& action : incident.actions) {
        for (const std::string_view state : states) {
            if (action.state == state) return true;
        }
    }
    return false;
}

struct Opinions {
    std::uint32_t useful = 0;
    std::uint32_t noise = 0;
    std::uint32_t wrong_cause = 0;
};

Opinions opinions_of(const Preferences& preferences) {
    Opinions sum;
    for (const FeedbackEffect& effect : preferences.feedback) {
        sum.useful += effect.useful;
        sum.noise += effect.noise;
        sum.wrong_cause += effect.wrong_cause;
    }
    return sum;
}

// By the wall clock: monotonic times of another boot mean nothing here.
double seconds_between(Instant from, Instant to) {
    return static_cast<double>(to.unix_ns - from.unix_ns) * 1e-9;
}

nlohmann::ordered_json json_of(const RuleFigures& rule) {
    return {{"rule", std::string(rule.rule.view())},
            {"would_act", rule.watched},
            {"over_by_itself", rule.by_itself},
            {"lasted_on", rule.lasted},
            {"lasted_seconds", rule.lasted_seconds},
            {"refused", rule.refused},
            {"ran", rule.ran},
            {"effective", rule.effective},
            {"in_vain", rule.in_vain},
            {"worse", rule.worse}};
}

}  // namespace

ReportFigures figures_of(std::span<const Incident> incidents, std::int64_t since_unix_ns) {
    ReportFigures figures;
    std::vector<double> detect;
    std::vector<double> resolve;
    for (const Incident& incident : incidents) {
        if (incident.opened.unix_ns < since_unix_ns) continue;
        ++figures.incidents;
        figures.open += incident.is_over() ? 0 : 1;
        figures.with_cause += incident.causes.empty() ? 0 : 1;
        figures.flapping += incident.flaps > 0 ? 1 : 0;
        figures.acted += any_action(incident, {"ok", "effective", "ineffective", "failed"}) ? 1 : 0;
        figures.would_act += any_action(incident, {"planned"}) ? 1 : 0;
        figures.effective += any_action(incident, {"effective"}) ? 1 : 0;
        detect.push_back(seconds_between(incident.onset, incident.opened));
        if (incident.is_over()) resolve.push_back(seconds_between(incident.onset, incident.ended));
    }
    figures.detect_seconds = median(detect);
    figures.resolve_seconds = median(resolve);
    return figures;
}

std::string report_text(const ReportFigures& figures, const Preferences& preferences, double days) {
    const Opinions opinions = opinions_of(preferences);
    std::string out = fmt::format(
        "Incidents in {:.1f} days: {} ({:.1f} a week), {} still open\n", days, figures.incidents,
        static_cast<double>(figures.incidents) * 7 / std::max(days, 1e-9), figures.open);
    out += fmt::format("  cause named        {} of {}\n", figures.with_cause, figures.incidents);
    out += fmt::format("  told after         {} (median, from the onset)\n",
                       human_duration(figures.detect_seconds));
    out += fmt::format("  over after         {} (median, from the onset)\n",
                       human_duration(figures.resolve_seconds));
    out += fmt::format("  flapped            {}\n", figures.flapping);
    out += fmt::format("  acted upon         {}, {} with a measured effect\n", figures.acted,
                       figures.effective);
    out += fmt::format("  would have acted   {}\n", figures.would_act);
    out += fmt::format("  people said        {} useful, {} noise, {} wrong cause\n",
                       opinions.useful, opinions.noise, opinions.wrong_cause);
    return out;
}

std::string report_json(const ReportFigures& figures, const Preferences& preferences, double days,
                        std::span<const RuleFigures> rules) {
    const Opinions opinions = opinions_of(preferences);
    nlohmann::ordered_json json{{"days", days},
                                {"incidents", figures.incidents},
                                {"open", figures.open},
                                {"with_cause", figures.with_cause},
                                {"detect_seconds", figures.detect_seconds},
                                {"resolve_seconds", figures.resolve_seconds},
                                {"flapping", figures.flapping},
                                {"acted", figures.acted},
                                {"effective", figures.effective},
                                {"would_act", figures.would_act},
                                {"useful", opinions.useful},
                                {"noise", opinions.noise},
                                {"wrong_cause", opinions.wrong_cause}};
    json["rules"] = nlohmann::ordered_json::array();
    for (const RuleFigures& rule : rules) json["rules"].push_back(json_of(rule));
    return json.dump(2) + "\n";
}

}  // namespace homeostat
