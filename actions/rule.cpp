#include "actions/rule.hpp"

#include <algorithm>

#include "actions/allow_list.hpp"

namespace homeostat {

std::optional<Subject> Rule::target_for(const Incident& incident) const {
    if (acts_on == kActsOnSubject) return incident.subject;
    if (acts_on == "host") return Subject{};
    if (acts_on != kActsOnCause) return Subject{target_kind(acts_on), std::string_view(acts_on)};
    if (incident.subject.kind == SubjectKind::Unit) return incident.subject;
    // The likeliest is the first. Another one is not to blame because that one has no unit.
    if (incident.processes.empty() || incident.processes[0].unit.empty()) return std::nullopt;
    return Subject{SubjectKind::Unit, incident.processes[0].unit.view()};
}

Status resolve_ladders(std::vector<Rule>& rules) {
    const auto find = [&](std::string_view name) {
        return std::find_if(rules.begin(), rules.end(),
                            [&](const Rule& rule) { return rule.name == name; });
    };
    for (std::size_t i = 0; i < rules.size(); ++i) {
        auto below = static_cast<std::uint16_t>(i);
        for (const std::string& name : rules[i].ladder) {
            const auto wrong = [&](std::string_view why) {
                return make_error(Errc::Invalid, "{}:{}: ladder of rule '{}': '{}' {}",
                                  rules[i].file, rules[i].line, rules[i].name, name, why);
            };
            const auto rung = find(name);
            if (rung == rules.end()) return wrong("is no rule");
            const auto number = static_cast<std::uint16_t>(rung - rules.begin());
            if (number == i || rung->below) return wrong("is on a ladder already");
            if (!rung->ladder.empty()) return wrong("has a ladder of its own");
            rung->below = below;
            rules[i].rungs.push_back(number);
            below = number;
        }
    }
    return Ok{};
}

}  // namespace homeostat
