#include "actions/approval.hpp"

namespace homeostat {
namespace {

Result<std::uint16_t> number_of(const ActionConfig& config, std::string_view rule) {
    for (std::size_t i = 0; i < config.rules.size(); ++i) {
        if (config.rules[i].name == rule) return static_cast<std::uint16_t>(i);
    }
    return make_error(Errc::NotFound, "no rule is called '{}'", rule);
}

const ActionRecord* newest_recommendation(const Incident& incident) {
    const ActionRecord* newest = nullptr;
    for (const ActionRecord& action : incident.actions) {
        if (action.mode == name_of(ActionMode::Recommend)) newest = &action;
    }
    return newest;
}

ActionRequest request_for(const ActionConfig& config, std::uint16_t rule, std::uint16_t target) {
    ActionRequest request;
    request.rule = rule;
    request.target = target;
    request.mode = ActionMode::Recommend;
    request.config_hash = config.hash;
    return request;
}

}  // namespace

Result<ActionRequest> approval_of(const ActionConfig& config, const Incident& incident) {
    const ActionRecord* action = newest_recommendation(incident);
    if (action == nullptr) {
        return make_error(Errc::NotFound, "incident {} waits for no approval",
                          incident.id.text().view());
    }
    const auto rule = number_of(config, action->rule);
    if (!rule) return rule.error();
    const std::uint16_t target = config.allow_list.find_target(*action, incident);
    if (target == kNoTarget) {
        return make_error(Errc::NotFound, "allow.yml has no entry for rule '{}' on '{}'",
                          action->rule,
                          action->target.empty() ? incident.subject.name : action->target);
    }
    ActionRequest request = request_for(config, *rule, target);
    request.incident = incident.id;
    return request;
}

Result<ActionRequest> approval_in_advance(const ActionConfig& config, std::string_view rule,
                                          std::string_view target, Duration length) {
    const auto number = number_of(config, rule);
    if (!number) return number.error();
    const AllowList& list = config.allow_list;
    for (std::size_t i = 0; i < list.targets.size(); ++i) {
        const AllowedAction& action = list.actions[list.targets[i].action];
        if (list.targets[i].name != target || action.rule != rule ||
            action.playbook != config.rules[*number].playbook) {
            continue;
        }
        ActionRequest request = request_for(config, *number, static_cast<std::uint16_t>(i));
        request.opcode = Opcode::Approve;
        request.length_s = static_cast<std::uint64_t>(length.ns / seconds(1).ns);
        return request;
    }
    return make_error(Errc::NotFound, "allow.yml has no entry for rule '{}' on '{}'", rule, target);
}

}  // namespace homeostat
