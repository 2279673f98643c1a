#include "agent/cli/completion.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>

namespace homeostat {
namespace {

// Inside single quotes in every one of the three shells; fish reads the backslash in them, too.
std::string single_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else if (c != '\\' && c != '\n') {
            out += c;
        }
    }
    return out + "'";
}

// zsh reads ':' and brackets in a specification.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_quoted(const std::string& specification) {
    std::string out = "'";
    for (const char c : specification) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

std::vector<CompletionCommand> completion_commands(const CLI::App& app) {
    std::vector<CompletionCommand> commands;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        CompletionCommand made{command->get_name(), command->get_description(), {}};
        for (const CLI::Option* option : command->get_options()) {
            const bool takes_value = option->get_items_expected_max() != 0;  // a flag expects none
            for (const std::string& name : option->get_lnames()) {
                made.options.push_back({"--" + name, option->get_description(), takes_value});
            }
            for (const std::string& name : option->get_snames()) {
                made.options.push_back({"-" + name, option->get_description(), takes_value});
            }
        }
        commands.push_back(std::move(made));
    }
    return commands;
}

std::string bash_completion(const std::vector<CompletionCommand>& commands) {
    std::string names;
    std::string cases;
    for (const CompletionCommand& command : commands) {
        names += (names.empty() ? "" : " ") + command.name;
        std::string options;
        for (const CompletionOption& option : command.options) {
            options += (options.empty() ? "" : " ") + option.name;
        }
        cases += fmt::format("        {}) words={} ;;\n", command.name, single_quoted(options));
    }
    return fmt::format(
        "# bash completion of homeostat, made by: homeostat completion bash\n"
        "_homeostat() {{\n"
        "    local words='' current=${{COMP_WORDS[COMP_CWORD]}}\n"
        "    if ((COMP_CWORD == 1)); then\n"
        "        mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\")\n"
        "        return\n"
        "    fi\n"
        "    case ${{COMP_WORDS[1]}} in\n"
        "{}"
        "    esac\n"
        "    if [[ $current == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
        "    else\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "    fi\n"
        "}}\n"
        "complete -o filenames -F _homeostat homeostat\n",
        single_quoted("--help " + names), cases);
}

std::string zsh_completion(const std::vector<CompletionCommand>& commands) {
    std::string names;
    std::string cases;
    for (const CompletionCommand& command : commands) {
        names += "            " +
                 zsh_quoted(zsh_text(command.name) + ":" + zsh_text(command.summary)) + "\n";
        cases += fmt::format("        {})\n            _arguments", command.name);
        for (const CompletionOption& option : command.options) {
            cases += " \\\n                " +
                     zsh_quoted(option.name + "[" + zsh_text(option.summary) + "]" +
                                (option.takes_value ? ":value:_files" : ""));
        }
        cases += " \\\n                '*:file:_files'\n            ;;\n";
    }
    return fmt::format(
        "#compdef homeostat\n"
        "# zsh completion of homeostat, made by: homeostat completion zsh\n"
        "_homeostat() {{\n"
        "    if ((CURRENT == 2)); then\n"
        "        local -a commands=(\n{}        )\n"
        "        _describe command commands\n"
        "        return\n"
        "    fi\n"
        "    local command=$words[2]\n"
        "    shift words\n"
        "    ((CURRENT--))\n"
        "    case $command in\n{}    esac\n"
        "}}\n"
        "_homeostat \"$@\"\n",
        names, cases);
}

std::string fish_completion(const std::vector<CompletionCommand>& commands) {
    std::string out = "# fish completion of homeostat, made by: homeostat completion fish\n";
    for (const CompletionCommand& command : commands) {
        out += fmt::format("complete -c homeostat -n __fish_use_subcommand -f -a {} -d {}\n",
                           command.name, single_quoted(command.summary));
        for (const CompletionOption& option : command.options) {
            const bool is_long = option.name.rfind("--", 0) == 0;
            out += fmt::format("complete -c homeostat -n {} {} {}{} -d {}\n",
                               single_quoted("__fish_seen_subcommand_from " + command.name),
                               is_long ? "-l" : "-s", option.name.substr(is_long ? 2 : 1),
                               option.takes_value ? " -r" : "", single_quoted(option.summary));
        }
    }
    return out;
}

}  // namespace homeostat
