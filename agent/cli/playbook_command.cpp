// `homeostat playbook FILE`: runs a playbook by hand, as ansible-playbook would.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "actions/playbook/direct_probe.hpp"
#include "actions/playbook/extra_variables.hpp"
#include "actions/playbook/run.hpp"
#include "agent/cli/command.hpp"
#include "agent/cli/playbook_printer.hpp"
#include "core/file.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kFileBytesMax = 1UL << 20U;

struct Arguments {
    std::string file;
    bool check = false;
    bool diff = false;
    bool json = false;
    std::vector<std::string> extra;
    std::vector<std::string> tags;
    std::vector<std::string> skip_tags;
};

int fail(Session& session, int code, std::string_view text) {
    session.errors << printable(text) << '\n';
    return code;
}

// "a,b" and "c" are three tags.
std::vector<std::string> split_tags(const std::vector<std::string>& given) {
    std::vector<std::string> tags;
    for (const std::string& text : given) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            if (comma != 0) tags.emplace_back(rest.substr(0, comma));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        }
    }
    return tags;
}

// The whole path of the file, so that playbook_dir and messages do not depend on where we stand.
std::string absolute_path(const std::string& file) {
    char resolved[PATH_MAX];
    return ::realpath(file.c_str(), resolved) == nullptr ? file : resolved;
}

int run(const Arguments& arguments, Session& session) {
    const auto text = read_file(arguments.file, kFileBytesMax);
    if (!text) return fail(session, playbook::kExitUsage, text.error().text);
    auto extra = playbook::read_extra_variables(arguments.extra);
    if (!extra) return fail(session, playbook::kExitUsage, extra.error().text);

    playbook::SleepingPauser pauser;
    playbook::OperatorPolicy policy;
    playbook::DirectProbe probe(session.host.fetcher);
    const playbook::Environment environment{.root = session.host.root,
                                            .clock = session.host.clock,
                                            .spawner = session.host.spawner,
                                            .pauser = pauser,
                                            .policy = policy,
                                            .probe = &probe};
    PlaybookPrinter printer(session.out);
    playbook::Options options;
    options.check = arguments.check;
    options.diff = arguments.diff;
    options.tags = split_tags(arguments.tags);
    options.skip_tags = split_tags(arguments.skip_tags);
    if (!arguments.json) options.progress = printer.progress();
    const auto report = run_playbook({.text = *text,
                                      .file_name = absolute_path(arguments.file),
                                      .extra_variables = std::move(*extra)},
                                     options, environment);
    if (!report) return fail(session, playbook::kExitRefused, report.error().text);
    if (arguments.json) {
        session.out << printable_json(to_json(*report)) << '\n';
    } else {
        printer.print_totals(*report, arguments.check);
    }
    return report->failed ? playbook::kExitTaskFailed : playbook::kExitOk;
}

}  // namespace

void add_playbook_command(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand("playbook", "Run a playbook on this host by hand");
    command->footer(
        "Examples:\n"
        "  homeostat playbook tidy.yml --check --diff         say what would change\n"
        "  homeostat playbook tidy.yml -e keep=14d            run it\n"
        "  homeostat playbook clean-disk.yml -e '{\"event\": {\"subject\": \"/srv/volume\"}}'\n"
        "Exit status: 0 no task failed, 2 one did, 4 the file was refused and nothing ran,\n"
        "5 the command line is wrong. The language: docs/playbooks.md.");
    command->add_option("FILE", arguments->file, "The playbook: a YAML file")->required();
    command->add_flag("-C,--check", arguments->check, "Change nothing, say what would change");
    command->add_flag("-D,--diff", arguments->diff, "Show what changes in files");
    command->add_flag("--json", arguments->json, "Print one JSON object when it is over");
    command->add_option("-e,--extra-vars", arguments->extra, "NAME=VALUE, or @FILE.json")
        ->allow_extra_args(false);
    command->add_option("-t,--tags", arguments->tags, "Only tasks with one of these tags")
        ->allow_extra_args(false);
    command->add_option("--skip-tags", arguments->skip_tags, "No tasks with one of these tags")
        ->allow_extra_args(false);
    command->callback([arguments, &session] { session.exit_code = run(*arguments, session); });
}

}  // namespace homeostat
