#include "agent/cli/playbook_printer.hpp"

#include <string>

#include "core/format.hpp"
#include "core/parse.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

std::string_view word_for(const playbook::Outcome& outcome) {
    if (outcome.failed) return "failed";
    if (outcome.skipped) return "skipped";
    return outcome.changed ? "changed" : "ok";
}

// Lines of `text`, each behind the same blanks.
void print_indented(std::ostream& out, std::string_view text) {
    std::string_view line;
    while (next_line(text, line)) out << "    " << printable(line) << '\n';
}

}  // namespace

playbook::Progress PlaybookPrinter::progress() {
    playbook::Progress progress;
    progress.task_begins = [this](std::string_view name, bool handler) {
        out_ << (handler ? "HANDLER " : "TASK ") << printable(name)
             << std::endl;  // seen while it runs
    };
    progress.task_ended = [this](const playbook::TaskReport& task) { print_task(task); };
    return progress;
}

void PlaybookPrinter::print_task(const playbook::TaskReport& task) {
    for (const playbook::ItemReport& item : task.items) {
        const bool named = !item.label.is_none();
        print_outcome(item.outcome.censored ? "" : to_str(named ? item.label : item.item),
                      item.outcome, false);
    }
    if (task.items.empty()) print_outcome({}, task.outcome, task.ignored);
    if (task.denied) out_ << "  the policy of this host forbids it: nothing more is run\n";
    if (!task.items.empty() && task.ignored) out_ << "  (ignored)\n";
}

void PlaybookPrinter::print_outcome(std::string_view label, const playbook::Outcome& outcome,
                                    bool ignored) {
    out_ << "  " << word_for(outcome);
    if (!label.empty()) out_ << ' ' << printable(label);
    if (outcome.attempts) out_ << fmt::format(", attempts: {}", *outcome.attempts);
    if (outcome.failed && outcome.rc) out_ << fmt::format(", rc: {}", *outcome.rc);
    if (ignored) out_ << " (ignored)";
    if (outcome.censored) out_ << " (censored)";
    out_ << '\n';
    if (!outcome.message.is_none() && !outcome.skipped) {
        print_indented(out_, to_str(outcome.message));
    }
    if (!outcome.diff.empty()) print_indented(out_, outcome.diff);
}

void PlaybookPrinter::print_totals(const playbook::RunReport& report, bool check) {
    const playbook::Totals& totals = report.totals;
    out_ << fmt::format("{}: ok {}, changed {}, failed {}, skipped {}, rescued {}, ignored {}{}\n",
                        printable(report.play), totals.ok, totals.changed, totals.failed,
                        totals.skipped, totals.rescued, totals.ignored,
                        check ? " (check mode: nothing was changed)" : "");
}

}  // namespace homeostat
