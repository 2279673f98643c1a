#include "agent/config/rule_kinds.hpp"

#include <algorithm>
#include <array>

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

// Conditions that stand in no table: what the learned baselines find (detectors/learned.cpp).
constexpr std::array<std::string_view, 6> kLearned{"learned_shift",     "learned_level",
                                                   "learned_flat_line", "learned_joint",
                                                   "learned_missing",   "learned_spike"};

}  // namespace

Status check_kind_or_condition(std::string_view name, std::span<const Condition> conditions) {
    auto known = known_kinds(conditions);
    for (const Condition& condition : conditions) known.push_back(condition.name);
    for (const ForecastRule& forecast : stock_forecasts()) known.push_back(forecast.name);
    known.insert(known.end(), kLearned.begin(), kLearned.end());
    if (std::find(known.begin(), known.end(), name) != known.end()) return Ok{};
    return make_error(Errc::NotFound,
                      "no incident and no condition of this host is called '{}'{}; `homeostat "
                      "conditions` lists them",
                      name, did_you_mean(name, known));
}

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
