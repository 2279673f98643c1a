#include "actions/playbook/task_runner.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "actions/playbook/filters.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::int64_t kRetries = 3;       // when `until` says nothing else
constexpr std::int64_t kDelaySeconds = 5;  // between attempts
constexpr std::int64_t kDelaySecondsMax = 3600;

Map failed_result(const Error& error) {
    return {{"failed", true}, {"changed", false}, {"msg", error.text.view()}};
}

Map skipped_result(std::string_view reason) {
    return {{"changed", false}, {"skipped", true}, {"skip_reason", reason}};
}

bool flag_of(const Map& result, std::string_view name) {
    const Value* value = result.find(name);
    return value != nullptr && is_true(*value);
}

// What failed_when said has the last word, also over attempts that ran out.
bool has_failed(const Map& result) {
    return flag_of(result,
                   result.find("failed_when_result") != nullptr ? "failed_when_result" : "failed");
}

std::optional<std::int64_t> integer_of(const Map& result, std::string_view name) {
    const Value* value = result.find(name);
    if (value == nullptr || !value->is_int()) return std::nullopt;
    return value->integer();
}

// Exit statuses and counts, which a report holds by the ten thousand.
std::optional<std::int32_t> small_integer_of(const Map& result, std::string_view name) {
    const auto value = integer_of(result, name);
    if (!value) return std::nullopt;
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(*value, std::numeric_limits<std::int32_t>::min(),
                                 std::numeric_limits<std::int32_t>::max()));
}

// Lists inside the list, by one level: what with_items does.
ValueList flattened(const ValueList& items) {
    ValueList flat;
    for (const Value& item : items) {
        if (item.is_list()) {
            flat.insert(flat.end(), item.list().begin(), item.list().end());
        } else {
            flat.push_back(item);
        }
    }
    return flat;
}

// The value that `debug` shows: `msg`, or what stands under the text of `var`.
Value shown_by_debug(const Map& result) {
    if (const Value* msg = result.find("msg")) return *msg;
    Value shown;
    for (const auto& [name, value] : result.entries()) {
        static constexpr std::string_view kPlain[] = {"changed", "failed", "skipped",
                                                      "skip_reason"};
        if (std::find(std::begin(kPlain), std::end(kPlain), name) == std::end(kPlain)) {
            shown = value;
        }
    }
    return shown;
}

}  // namespace

bool TaskOutcome::failed() const {
    return looped ? flag_of(result, "failed") : has_failed(result);
}

Outcome outcome_of(const Task& task, const Map& result, bool no_log, std::string diff) {
    Outcome outcome;
    outcome.changed = flag_of(result, "changed");
    outcome.failed = has_failed(result);
    outcome.skipped = !outcome.failed && flag_of(result, "skipped");
    outcome.left_alone = flag_of(result, "left_alone");
    outcome.censored = no_log;
    if (no_log) return outcome;
    outcome.diff = std::move(diff);
    outcome.rc = small_integer_of(result, "rc");
    outcome.attempts = small_integer_of(result, "attempts");
    const Value* output = result.find("stdout");
    if (output != nullptr && output->is_text()) {
        outcome.output = std::make_shared<const std::string>(output->text());
    }
    const std::string_view module = task.module->name;
    const Value* msg = result.find("msg");
    if (module == "debug") {
        outcome.message = shown_by_debug(result);
    } else if (msg != nullptr &&
               (module == "assert" || module == "fail" || outcome.failed || outcome.left_alone)) {
        outcome.message = *msg;
    }
    return outcome;
}

TaskOutcome TaskRunner::run(const Task& task, bool keep_results) {
    TaskOutcome outcome = task.loop ? run_loop(task, keep_results) : run_once(task);
    const auto no_log = values_.flag(task.no_log, false);
    // What cannot be evaluated is kept quiet: the safe side.
    outcome.no_log = !no_log || *no_log;
    for (ItemReport& item : outcome.items) {
        if (!outcome.no_log) continue;
        Outcome censored;
        censored.changed = item.outcome.changed;
        censored.failed = item.outcome.failed;
        censored.skipped = item.outcome.skipped;
        censored.censored = true;
        item = {Value(), {}, censored};
    }
    return outcome;
}

TaskOutcome TaskRunner::run_once(const Task& task) {
    TaskOutcome outcome;
    const auto wanted = values_.holds(task.when);
    outcome.name_as_written = !wanted || !*wanted;
    if (!wanted) {
        outcome.result = failed_result(wanted.error());
    } else if (!*wanted) {
        outcome.result = skipped_result("Conditional result was False");
    } else {
        Attempt attempt = run_attempts(task);
        if (task.module->any_name && !flag_of(attempt.result, "failed")) {
            // At once, so that the next item of a loop sees it.
            if (const Value* facts = attempt.result.find("ansible_facts")) {
                for (const auto& [name, value] : facts->map().entries())
                    variables_.set(name, value);
            }
        }
        outcome.result = std::move(attempt.result);
        outcome.denied = attempt.denied;
        outcome.diff = std::move(attempt.diff);
    }
    return outcome;
}

TaskOutcome TaskRunner::run_loop(const Task& task, bool keep_results) {
    TaskOutcome outcome;
    outcome.name_as_written = true;  // until an item is not skipped
    const auto listed = loop_items(task);
    if (!listed) {
        // As in Ansible: a condition that is false anyway comes before a list that is undefined.
        const auto wanted = values_.holds(task.when);
        const bool skipped = listed.error().code == Errc::NotFound && wanted && !*wanted;
        outcome.result = skipped ? skipped_result("Conditional result was False")
                                 : failed_result(listed.error());
        return outcome;
    }
    const ValueList& items = listed->list();
    if (items.empty()) {
        outcome.result = Map{{"changed", false},
                             {"skipped", true},
                             {"skipped_reason", "No items in the list"},
                             {"results", ValueList{}}};
        return outcome;
    }
    outcome.looped = true;
    ValueList results;
    if (keep_results) results.reserve(items.size());
    outcome.items.reserve(items.size());
    for (std::size_t i = 0; i < items.size() && !outcome.denied; ++i) {
        if (i > 0) {
            if (auto paused = pause_between(task); !paused) {
                outcome.result = failed_result(paused.error());
                return outcome;
            }
        }
        Map result = run_item(task, items[i], i, outcome);
        if (keep_results) results.emplace_back(std::move(result));
    }
    const auto any = [&](auto member) {
        return std::any_of(outcome.items.begin(), outcome.items.end(),
                           [&](const ItemReport& item) { return item.outcome.*member; });
    };
    const bool all_skipped =
        std::all_of(outcome.items.begin(), outcome.items.end(),
                    [](const ItemReport& item) { return item.outcome.skipped; });
    if (keep_results) outcome.result.set("results", std::move(results));
    outcome.result.set("changed", any(&Outcome::changed));
    const bool failed = any(&Outcome::failed);
    if (failed) outcome.result.set("failed", true);
    outcome.result.set("skipped", all_skipped);
    outcome.result.set("msg", failed        ? "One or more items failed"
                              : all_skipped ? "All items skipped"
                                            : "All items completed");
    return outcome;
}

// A list, shared with whatever it came from.
Result<Value> TaskRunner::loop_items(const Task& task) {
    auto value = values_.value(task.loop->list);
    if (!value) return value.error();
    if (!value->is_list()) {
        return make_error(Errc::Invalid, "a loop needs a list, not {}", name_of(value->kind()));
    }
    Value items = task.loop->flatten ? Value(flattened(value->list())) : std::move(*value);
    const std::size_t count = items.list().size();
    if (count > kItemsMax) {
        return make_error(Errc::Limit, "a loop over {} items: at most {}", count, kItemsMax);
    }
    return items;
}

Map TaskRunner::run_item(const Task& task, const Value& item, std::size_t index,
                         TaskOutcome& outcome) {
    const Loop& loop = *task.loop;
    variables_.set_loop_variable(loop.item_name, item);
    if (!loop.index_name.empty()) {
        variables_.set_loop_variable(loop.index_name, static_cast<std::int64_t>(index));
    }
    TaskOutcome one = run_once(task);
    one.result.set(loop.item_name, item);
    one.result.set("ansible_loop_var", loop.item_name);
    if (!loop.index_name.empty()) {
        one.result.set(loop.index_name, static_cast<std::int64_t>(index));
        one.result.set("ansible_index_var", loop.index_name);
    }
    outcome.denied = one.denied;
    if (index == 0 && !flag_of(one.result, "skipped")) {
        const auto name = values_.value(task.name);
        if (name && !name->is_omit()) outcome.name = to_str(*name);
        outcome.name_as_written = false;
    }
    ItemReport report;
    report.item = item;
    if (loop.label) {
        if (const auto label = values_.value(*loop.label)) report.label = to_str(*label);
    }
    Map shown = one.result;
    for (const std::string_view name :
         {std::string_view(loop.item_name), std::string_view(loop.index_name),
          std::string_view("ansible_loop_var"), std::string_view("ansible_index_var")}) {
        if (task.module->name == "debug") shown.remove(name);
    }
    report.outcome = outcome_of(task, shown, false, std::move(one.diff));
    outcome.items.push_back(std::move(report));
    return std::move(one.result);
}

Status TaskRunner::pause_between(const Task& task) {
    if (!task.loop->pause) return Ok{};
    const auto value = values_.value(*task.loop->pause);
    if (!value) return value.error();
    const auto length = value->is_number() ? std::optional(value->number())
                        : value->is_text() ? read_float(value->text())
                                           : std::nullopt;
    if (!length || *length < 0 || *length > static_cast<double>(kDelaySecondsMax)) {
        return make_error(Errc::Invalid, "'pause' needs a number of seconds, not {}",
                          to_repr(*value));
    }
    environment_.pauser.pause({static_cast<std::int64_t>(*length * 1e9)});
    return Ok{};
}

TaskRunner::Attempt TaskRunner::run_attempts(const Task& task) {
    if (!task.until) return run_attempt(task, 1);
    const auto retries = values_.integer(task.until->retries, kRetries, 1, "retries");
    if (!retries) return {failed_result(retries.error()), false, {}};
    const auto delay = values_.integer(task.until->delay, kDelaySeconds, 0, "delay");
    if (!delay) return {failed_result(delay.error()), false, {}};
    const Duration wait = seconds(std::min(*delay, kDelaySecondsMax));
    for (std::int64_t count = 1;; ++count) {
        Attempt attempt = run_attempt(task, count);
        if (attempt.denied) return attempt;
        variables_.set_current_result(task.register_name, attempt.result);
        const auto satisfied = values_.holds(task.until->conditions);
        variables_.clear_current_result();
        if (!satisfied) return {failed_result(satisfied.error()), false, {}};
        if (*satisfied) return attempt;
        if (count > *retries) {
            attempt.result.set("attempts", *retries);
            attempt.result.set("failed", true);
            return attempt;
        }
        environment_.pauser.pause(wait);
    }
}

TaskRunner::Attempt TaskRunner::run_attempt(const Task& task, std::int64_t count) {
    Attempt attempt = run_module(task);
    Map& result = attempt.result;
    if (result.find("changed") == nullptr) result.set("changed", false);
    if (result.find("failed") == nullptr) {
        const auto rc = integer_of(result, "rc");
        result.set("failed", rc.has_value() && *rc != 0);
    }
    if (task.until) result.set("attempts", count);  // changed_when and failed_when may ask for it
    if (attempt.denied || flag_of(result, "skipped")) return attempt;
    if (auto judged = judge(task, result); !judged) {
        result.set("failed", true);
        result.set("msg", judged.error().text.view());
    }
    return attempt;
}

// changed_when, then failed_when, which see the result under the name in `register`.
Status TaskRunner::judge(const Task& task, Map& result) {
    if (!task.changed_when.empty()) {
        variables_.set_current_result(task.register_name, result);
        const auto changed = values_.holds(task.changed_when);
        variables_.clear_current_result();
        if (!changed) return changed.error();
        result.set("changed", *changed);
    }
    if (!task.failed_when.empty()) {
        variables_.set_current_result(task.register_name, result);
        const auto failed = values_.holds(task.failed_when);
        variables_.clear_current_result();
        if (!failed) return failed.error();
        result.set("failed", *failed);
        result.set("failed_when_result", *failed);
    }
    return Ok{};
}

TaskRunner::Attempt TaskRunner::run_module(const Task& task) {
    const auto parameters = values_.parameters(task);
    if (!parameters) return {failed_result(parameters.error()), false, {}};
    const auto asked = values_.flag(task.check_mode, options_.check);
    if (!asked) return {failed_result(asked.error()), false, {}};
    const bool check = *asked || options_.only_check;
    const ModuleSpec& module = *task.module;
    if (module.validate != nullptr) {
        const auto valid = module.validate(*parameters);
        if (!valid) return {failed_result(valid.error()), false, {}};
    }
    if (module.authorise != nullptr) {
        const auto allowed = module.authorise(*parameters, environment_);
        if (!allowed) return {denial(allowed.error()).fields, true, {}};
    }
    if (check && module.skipped_when_checking) {
        return {skipped_result("not run in check mode"), false, {}};
    }
    return call_module(task, *parameters, check);
}

TaskRunner::Attempt TaskRunner::call_module(const Task& task, const Parameters& parameters,
                                            bool check) {
    const auto limit = values_.time_max(task);
    if (!limit) return {failed_result(limit.error()), false, {}};
    auto names = values_.environment(task);
    if (!names) return {failed_result(names.error()), false, {}};
    const ModuleCall call{.parameters = parameters,
                          .environment = environment_,
                          .scope = variables_,
                          .check = check,
                          .diff = options_.diff,
                          .time_max = *limit,
                          .variables = std::move(*names),
                          .creation_mask = options_.creation_mask,
                          .playbook_directory = playbook_directory_};
    variables_.begin_evaluation();
    ModuleResult result = task.module->run(call);
    return {std::move(result.fields), result.denied, std::move(result.diff)};
}

}  // namespace homeostat::playbook
