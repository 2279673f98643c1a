#include "agent/incidents/rule_report.hpp"

#include <algorithm>

#include "core/format.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

struct Counted {
    RuleFigures figures;
    std::vector<double> lasted_seconds;
};

bool is_one_of(const FixedString<15>& state, std::initializer_list<std::string_view> states) {
    return std::any_of(states.begin(), states.end(),
                       [&](std::string_view known) { return state == known; });
}

Counted& counted_for(std::vector<Counted>& all, const FixedString<63>& rule) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Counted& counted) {
        return counted.figures.rule == rule;
    });
    if (found != all.end()) return *found;
    all.emplace_back();
    all.back().figures.rule = rule;
    return all.back();
}

// How long the incident went on after a decision that was not carried out. By the wall clock:
// monotonic times of another boot mean nothing here.
void count_watched(Counted& counted, const ActionRecord& action, const Incident& incident) {
    ++counted.figures.watched;
    const std::int64_t end_ns =
        incident.is_over() ? incident.ended.unix_ns : incident.updated.unix_ns;
    const Duration lasted{std::max<std::int64_t>(end_ns - action.at.unix_ns, 0)};
    if (incident.is_over() && lasted <= kByItself) {
        ++counted.figures.by_itself;
        return;
    }
    ++counted.figures.lasted;
    if (incident.is_over()) counted.lasted_seconds.push_back(lasted.seconds());
}

void count_run(RuleFigures& figures, const ActionRecord& action) {
    ++figures.ran;
    if (action.state == "effective") ++figures.effective;
    if (action.state == "worse") ++figures.worse;
    if (is_one_of(action.state, {"ineffective", "failed"})) ++figures.in_vain;
}

// A rule's dry run and its retries in one incident are one case.
void count_incident(std::vector<Counted>& all, const Incident& incident) {
    for (const ActionRecord& action : incident.actions) {
        const auto same_rule = [&](const ActionRecord& other) { return other.rule == action.rule; };
        Counted& counted = counted_for(all, action.rule);
        const bool real =
            is_one_of(action.state, {"ok", "effective", "ineffective", "failed", "worse"});
        if (real) {
            count_run(counted.figures, action);
            continue;
        }
        const auto* first =
            std::find_if(incident.actions.begin(), incident.actions.end(), same_rule);
        if (first != &action) continue;
        if (is_one_of(action.state, {"planned", "waiting"})) {
            count_watched(counted, action, incident);
        } else if (action.state == "refused") {
            ++counted.figures.refused;
        }
    }
}

double median(std::vector<double>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::string line_of(const RuleFigures& rule) {
    std::string out = fmt::format("  {}\n", printable(rule.rule.view()));
    if (rule.watched > 0) {
        out += fmt::format(
            "    would have acted {} times: {} were over by themselves within {}, {} "
            "lasted on",
            rule.watched, rule.by_itself, human_duration(kByItself.seconds()), rule.lasted);
        if (rule.lasted_seconds > 0) {
            out += fmt::format(" ({} in the middle)", human_duration(rule.lasted_seconds));
        }
        out += "\n";
    }
    if (rule.ran > 0) {
        out += fmt::format("    acted {} times: {} helped, {} in vain, {} made it worse\n",
                           rule.ran, rule.effective, rule.in_vain, rule.worse);
    }
    if (rule.refused > 0) out += fmt::format("    refused {} times by a guard\n", rule.refused);
    return out;
}

}  // namespace

std::vector<RuleFigures> rule_figures(std::span<const Incident> incidents,
                                      std::int64_t since_unix_ns) {
    std::vector<Counted> all;
    for (const Incident& incident : incidents) {
        if (incident.opened.unix_ns >= since_unix_ns) count_incident(all, incident);
    }
    std::vector<RuleFigures> rules;
    for (Counted& counted : all) {
        counted.figures.lasted_seconds = median(counted.lasted_seconds);
        rules.push_back(counted.figures);
    }
    std::sort(rules.begin(), rules.end(), [](const RuleFigures& a, const RuleFigures& b) {
        return a.rule.view() < b.rule.view();
    });
    return rules;
}

std::string rule_report_text(std::span<const RuleFigures> rules) {
    if (rules.empty()) return {};
    std::string out = "\nWhat the rules did, or would have done:\n";
    for (const RuleFigures& rule : rules) out += line_of(rule);
    return out;
}

}  // namespace homeostat
