#include "actions/playbook/engine.hpp"

#include <algorithm>
#include <utility>

#include "actions/playbook/modules/registry.hpp"

namespace homeostat::playbook {
namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool share_a_word(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::any_of(a.begin(), a.end(),
                       [&](const std::string& word) { return contains(b, word); });
}

bool is_asked_for(const std::vector<std::string>& tags, const Options& options) {
    const std::vector<std::string>& only = options.tags;
    if (contains(tags, "always")) return true;
    const bool never = contains(tags, "never");
    if (only.empty() || contains(only, "all")) return !never || share_a_word(tags, only);
    if (share_a_word(tags, only)) return true;
    if (contains(only, "tagged") && !tags.empty()) return !never;
    return contains(only, "untagged") && tags.empty();
}

bool is_ruled_out(const std::vector<std::string>& tags, const Options& options) {
    const std::vector<std::string>& skip = options.skip_tags;
    if (contains(skip, "all")) return !contains(tags, "always") || contains(skip, "always");
    if (share_a_word(tags, skip)) return true;
    if (contains(skip, "tagged") && !tags.empty()) return true;
    return contains(skip, "untagged") && tags.empty();
}

std::string directory_of(const std::string& file) {
    const auto slash = file.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

bool is_selected(const std::vector<std::string>& tags, const Options& options) {
    return is_asked_for(tags, options) && !is_ruled_out(tags, options);
}

Engine::Engine(const Play& play, const Input& input, const Options& options,
               const Environment& environment)
    : play_(play),
      options_(options),
      variables_(play, input.extra_variables),
      runner_(environment, options, variables_, directory_of(input.file_name)),
      notified_(play.handlers.size()) {
    variables_.set_magic("omit", Value::omit());
    variables_.set_magic("ansible_check_mode", options.check);
    variables_.set_magic("inventory_hostname", "localhost");
    variables_.set_magic("playbook_dir", directory_of(input.file_name));
    report_.play = play.name.empty() ? "localhost" : play.name;
}

RunReport Engine::run() {
    Flow flow = gather_facts();
    if (flow == Flow::Continue) flow = run_steps(play_.steps);
    if (flow == Flow::Continue) flow = flush_handlers();
    report_.failed = flow == Flow::Failed || flow == Flow::Denied;
    return std::move(report_);
}

// Unless the play itself has tags, this is always wanted.
Engine::Flow Engine::gather_facts() {
    if (!play_.gather_facts) return Flow::Continue;
    Task task;
    task.module = &gather_facts_module();
    task.name_source = "Gathering Facts";
    task.name.constant = task.name_source;
    task.tags = play_.tags.empty() ? std::vector<std::string>{"always"} : play_.tags;
    return run_task(task, false);
}

Engine::Flow Engine::run_steps(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
        const Flow flow =
            step.task != nullptr ? run_task(*step.task, false) : run_block(*step.block);
        if (flow != Flow::Continue) return flow;
    }
    return Flow::Continue;
}

// A block whose tasks under `rescue` are all left out by tags is a block without one.
bool Engine::has_selected(const std::vector<Step>& steps) const {
    return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
        if (step.task != nullptr) return is_selected(step.task->tags, options_);
        const Block& block = *step.block;
        return has_selected(block.steps) || has_selected(block.rescue) ||
               has_selected(block.always);
    });
}

Engine::Flow Engine::run_block(const Block& block) {
    const bool has_rescue = has_selected(block.rescue);
    rescuing_blocks_ += has_rescue ? 1 : 0;
    Flow flow = run_steps(block.steps);
    rescuing_blocks_ -= has_rescue ? 1 : 0;
    if (flow == Flow::Failed && has_rescue) flow = run_steps(block.rescue);
    if (flow == Flow::Ended) return flow;
    const Flow always = run_steps(block.always);
    return flow == Flow::Denied || always == Flow::Continue ? flow : always;
}

Engine::Flow Engine::run_task(const Task& task, bool is_handler) {
    if (!is_handler && !is_selected(task.tags, options_)) return Flow::Continue;
    variables_.enter_task(&task);
    if (task.meta != MetaAction::None) return run_meta(task);
    const std::string name = task_name(task);
    if (options_.progress.task_begins) options_.progress.task_begins(name, is_handler);
    const bool keep_results = !task.register_name.empty() || rescuing_blocks_ > 0;
    TaskOutcome outcome = runner_.run(task, keep_results);
    const Flow flow = conclude(task, name, is_handler, std::move(outcome));
    variables_.enter_task(nullptr);
    return flow;
}

std::string Engine::task_name(const Task& task) {
    variables_.begin_evaluation();
    const auto name = render(task.name, variables_);
    if (!name) return task.name_source;
    auto text = to_text(*name);
    if (!text) return task.name_source;
    return std::move(*text);
}

Engine::Flow Engine::run_meta(const Task& task) {
    if (task.meta == MetaAction::Noop) return Flow::Continue;
    if (task.meta == MetaAction::FlushHandlers) return flush_handlers();
    const auto wanted = runner_.values().holds(task.when);
    if (wanted) return *wanted ? Flow::Ended : Flow::Continue;
    // A condition that cannot be evaluated is a failure to be told, though meta never has a result.
    TaskReport report;
    report.name = task_name(task);
    report.module = "meta";
    report.outcome.failed = true;
    report.outcome.message = wanted.error().text.view();
    count(report, rescuing_blocks_ > 0);
    report_.tasks.push_back(std::move(report));
    return Flow::Failed;
}

// In the order in which they are written; one that notifies later ones is heard.
Engine::Flow Engine::flush_handlers() {
    for (std::size_t i = 0; i < play_.handlers.size(); ++i) {
        if (!notified_[i]) continue;
        notified_[i] = false;
        const Flow flow = run_task(*play_.handlers[i], true);
        if (flow != Flow::Continue) return flow;
    }
    return Flow::Continue;
}

Engine::Flow Engine::conclude(const Task& task, const std::string& name, bool is_handler,
                              TaskOutcome outcome) {
    const bool failed = outcome.failed();
    bool ignored = false;
    if (failed && !outcome.denied) {
        const auto ignore = runner_.values().flag(task.ignore_errors, false);
        ignored = ignore && *ignore;
    }
    if (!task.register_name.empty()) variables_.set(task.register_name, outcome.result);
    if (const Value* facts = outcome.result.find("ansible_facts"); facts != nullptr && !failed) {
        if (task.module == &gather_facts_module()) variables_.set_facts(facts->map());
    }
    const Value* changed = outcome.result.find("changed");
    if (!failed && changed != nullptr && is_true(*changed)) notify_handlers(task);

    const bool rescued = failed && !ignored && !outcome.denied && rescuing_blocks_ > 0;
    if (rescued) remember_failure(task, name, outcome.result);
    TaskReport report;
    report.name = outcome.name.value_or(name);
    if (outcome.name_as_written) report.name_in_results = task.name_source;
    report.module = task.module->name;
    report.outcome = outcome_of(task, outcome.result, outcome.no_log, std::move(outcome.diff));
    report.ignored = ignored;
    report.denied = outcome.denied;
    report.looped = outcome.looped;
    report.handler = is_handler;
    report.items = std::move(outcome.items);
    count(report, rescued);
    if (options_.progress.task_ended) options_.progress.task_ended(report);
    report_.tasks.push_back(std::move(report));
    if (outcome.denied) return Flow::Denied;
    return failed && !ignored ? Flow::Failed : Flow::Continue;
}

void Engine::remember_failure(const Task& task, const std::string& name, const Map& result) {
    variables_.set("ansible_failed_task", Map{{"name", task.has_name ? name : std::string()},
                                              {"action", std::string(task.module->name)}});
    variables_.set("ansible_failed_result", result);
}

// A task counts once.
void Engine::count(const TaskReport& report, bool rescued) {
    Totals& totals = report_.totals;
    const Outcome& outcome = report.outcome;
    if (outcome.failed && !report.ignored) {
        ++(rescued ? totals.rescued : totals.failed);
        return;
    }
    if (outcome.skipped) {
        ++totals.skipped;
        return;
    }
    ++totals.ok;
    if (outcome.changed) ++totals.changed;
    if (report.ignored) ++totals.ignored;
}

void Engine::notify_handlers(const Task& task) {
    for (const std::string& name : task.notify) {
        for (std::size_t i = 0; i < play_.handlers.size(); ++i) {
            if (answers_to(*play_.handlers[i], name)) notified_[i] = true;
        }
    }
}

}  // namespace homeostat::playbook
