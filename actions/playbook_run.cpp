#include "actions/playbook_run.hpp"

#include <algorithm>

#include "actions/allow_list_policy.hpp"
#include "actions/built_in_refusals.hpp"
#include "actions/playbook/run.hpp"
#include "actions/watcher_uid.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

// All that a playbook is told of the incident, from what the actuator knows by itself.
playbook::Map variables_of(const RunOrder& order) {
    playbook::Map variables;
    for (const auto& [name, value] : order.rule.extra_vars) {
        variables.set(name, std::visit([](const auto& v) { return playbook::Value(v); }, value));
    }
    const auto incident = order.incident.text();
    variables.set("event", playbook::Map{{"subject", std::string_view(order.target.name)},
                                         {"incident_id", incident.view()},
                                         {"rule", std::string_view(order.rule.name)}});
    return variables;
}

playbook::Input input_of(const RunOrder& order, std::string_view text) {
    return {.text = text, .file_name = order.playbook_path, .extra_variables = variables_of(order)};
}

std::string message_of(const playbook::Outcome& outcome) {
    if (outcome.censored) return "(censored)";
    std::string text = outcome.message.is_none() ? "failed" : playbook::to_str(outcome.message);
    if (outcome.rc) text += fmt::format(" (rc {})", *outcome.rc);
    return text;
}

// Files that the policy protects, which the playbook had asked to delete.
struct LeftAlone {
    std::size_t count = 0;
    std::string first;  // why, for the first of them
};

LeftAlone count_left_alone(const playbook::RunReport& report) {
    LeftAlone left;
    const auto add = [&](const playbook::Outcome& outcome) {
        if (!outcome.left_alone) return;
        if (left.count++ == 0) left.first = message_of(outcome);
    };
    for (const playbook::TaskReport& task : report.tasks) {
        add(task.outcome);
        for (const playbook::ItemReport& item : task.items) add(item.outcome);
    }
    return left;
}

// The first failure, told by its task; or the tasks that changed something and how often.
FixedString<159> tell(const playbook::RunReport& report, bool check) {
    FixedString<159> detail;
    for (const playbook::TaskReport& task : report.tasks) {
        if (!task.outcome.failed || task.ignored) continue;
        const playbook::Outcome* outcome = &task.outcome;
        for (const playbook::ItemReport& item : task.items) {
            if (!item.outcome.failed) continue;
            outcome = &item.outcome;
            break;
        }
        format_into(detail, "task '{}': {}", task.name, message_of(*outcome));
        return detail;
    }
    for (const playbook::TaskReport& task : report.tasks) {
        if (!task.outcome.changed) continue;
        const auto items = std::count_if(task.items.begin(), task.items.end(),
                                         [](const auto& item) { return item.outcome.changed; });
        detail.append(detail.empty() ? (check ? "would change: " : "") : ", ");
        detail.append(task.name);
        if (task.looped) format_into(detail, " ({})", items);
    }
    if (detail.empty()) detail = "nothing to change";
    if (const LeftAlone left = count_left_alone(report); left.count > 0) {
        format_into(detail, ", {} left alone: {}", left.count, left.first);
    }
    return detail;
}

Result<AllowListPolicy> policy_of(const RunOrder& order, const Root& root, Duration age_floor) {
    PolicyFacts facts{
        .whose = order.playbook_text == nullptr ? PlaybookOf::Owner : PlaybookOf::Fleet,
        .age_floor = age_floor};
    for (const std::string& owner : order.action.owners) {
        const auto uid = find_watcher_uid(owner, root);
        if (!uid) {
            return make_error(Errc::NotFound, "allow.yml line {}: owners: {}", order.action.line,
                              uid.error().text);
        }
        facts.owners.push_back(*uid);
    }
    return AllowListPolicy(order.action, order.target, std::move(facts));
}

Status check_target(const RunOrder& order, const Root& root) {
    if (order.target.kind != SubjectKind::Unit) return Ok{};
    return check_unit_alias(order.target.name, root);
}

}  // namespace

Result<RunOutcome> run_in_process(const RunOrder& order, std::string_view playbook_text,
                                  const Root& root, const Clock& clock, Spawner& spawner,
                                  Duration age_floor) {
    if (auto allowed = check_target(order, root); !allowed) return allowed.error();
    const auto policy = policy_of(order, root, age_floor);
    if (!policy) return policy.error();
    playbook::SleepingPauser pauser;
    const playbook::Environment environment{
        .root = root, .clock = clock, .spawner = spawner, .pauser = pauser, .policy = *policy};
    playbook::Options options;
    options.check = order.check;
    options.only_check = order.check;  // a dry run is dry, whatever a task says of itself
    const auto report =
        playbook::run_playbook(input_of(order, playbook_text), options, environment);
    if (!report) return report.error();
    return RunOutcome{.failed = report->failed,
                      .ok = report->totals.ok,
                      .changed = report->totals.changed,
                      .failures = report->totals.failed,
                      .detail = tell(*report, order.check)};
}

Status check_order(const RunOrder& order, std::string_view playbook_text, const Root& root,
                   const Clock& clock, Spawner& spawner) {
    if (auto allowed = check_target(order, root); !allowed) return allowed;
    const auto policy = policy_of(order, root, kAgeFloor);
    if (!policy) return policy.error();
    playbook::SleepingPauser pauser;
    const playbook::Environment environment{
        .root = root, .clock = clock, .spawner = spawner, .pauser = pauser, .policy = *policy};
    return playbook::check_playbook(input_of(order, playbook_text), environment);
}

}  // namespace homeostat
