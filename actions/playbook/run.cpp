#include "actions/playbook/run.hpp"

#include "actions/playbook/engine.hpp"
#include "actions/playbook/json.hpp"
#include "actions/playbook/loader.hpp"

namespace homeostat::playbook {
namespace {

Map outcome_fields(const Outcome& outcome) {
    Map fields{
        {"changed", outcome.changed}, {"failed", outcome.failed}, {"skipped", outcome.skipped}};
    if (outcome.censored) {
        fields.set("msg", "censored");
        return fields;
    }
    if (outcome.rc) fields.set("rc", *outcome.rc);
    if (outcome.output != nullptr) fields.set("stdout", *outcome.output);
    if (outcome.attempts) fields.set("attempts", *outcome.attempts);
    if (!outcome.message.is_none()) fields.set("msg", outcome.message);
    if (!outcome.diff.empty()) fields.set("diff", outcome.diff);
    return fields;
}

Map task_fields(const TaskReport& task) {
    const std::string& shown = task.name_in_results.empty() ? task.name : task.name_in_results;
    Map fields{{"name", shown}, {"module", task.module}};
    Map outcome = outcome_fields(task.outcome);
    if (task.looped) {  // told by the items
        for (const std::string_view name : {"rc", "stdout", "attempts", "msg"})
            outcome.remove(name);
    }
    fields.merge(outcome);
    fields.set("ignored", task.ignored);
    if (task.denied) fields.set("denied", true);
    if (!task.looped) return fields;
    ValueList items;
    for (const ItemReport& item : task.items) {
        Map one = outcome_fields(item.outcome);
        one.set("item", item.item);
        items.emplace_back(std::move(one));
    }
    fields.set("items", std::move(items));
    return fields;
}

Value whole(std::uint32_t number) {
    return std::int64_t{number};
}

}  // namespace

Result<RunReport> run_playbook(const Input& input, const Options& options,
                               const Environment& environment) {
    const auto play = load_play(input.text, input.file_name, input.extra_variables, environment);
    if (!play) return play.error();
    return Engine(*play, input, options, environment).run();
}

Status check_playbook(const Input& input, const Environment& environment) {
    const auto play = load_play(input.text, input.file_name, input.extra_variables, environment);
    if (!play) return play.error();
    return Ok{};
}

std::string to_json(const RunReport& report) {
    ValueList tasks;
    for (const TaskReport& task : report.tasks) tasks.emplace_back(task_fields(task));
    const Totals& totals = report.totals;
    return compact_json(Map{{"tasks", std::move(tasks)},
                            {"stats", Map{{"ok", whole(totals.ok)},
                                          {"changed", whole(totals.changed)},
                                          {"failed", whole(totals.failed)},
                                          {"skipped", whole(totals.skipped)},
                                          {"rescued", whole(totals.rescued)},
                                          {"ignored", whole(totals.ignored)}}}});
}

}  // namespace homeostat::playbook
