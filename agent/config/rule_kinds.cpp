#include "agent/config/rule_kinds.hpp"

#include <algorithm>

#include "agent/incidents/kinds.hpp"
#include "core/nearest.hpp"

namespace homeostat {
namespace {

std::vector<std::string_view> known_kinds(std::span<const Condition> conditions) {
    std::vector<std::string_view> known;
    for (const Kind& kind : kinds()) known.push_back(kind.name);
    for (const Condition& condition : conditions) {
        if (!condition.incident.empty()) known.push_back(condition.incident);
    }
    return known;
}

}  // namespace

std::vector<Error> unknown_rule_kinds(const ActionConfig& actions,
                                      std::span<const Condition> conditions) {
    const auto known = known_kinds(conditions);
    std::vector<Error> errors;
    for (const Rule& rule : actions.rules) {
        for (const std::string_view kind : rule.condition.texts_for("kind")) {
            if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
            errors.push_back(make_error(Errc::Invalid,
                                        "{}:{}: rule '{}': no incident is a '{}'{}; the kinds are "
                                        "in docs/conditions.md",
                                        rule.file, rule.line, rule.name, kind,
                                        did_you_mean(kind, known)));
        }
    }
    return errors;
}

}  // namespace homeostat
