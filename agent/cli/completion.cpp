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

// "a b c"
std::string names_of(const std::vector<CompletionCommand>& commands) {
    std::string names;
    for (const CompletionCommand& command : commands) {
        names += (names.empty() ? "" : " ") + command.name;
    }
    return names;
}

// One row of bash's case: the words behind "config" or "config show".
std::string bash_case(const std::string& path, const std::vector<CompletionOption>& options) {
    std::string words;
    for (const CompletionOption& option : options) {
        words += (words.empty() ? "" : " ") + option.name;
    }
    return fmt::format("        {}) words={} ;;\n", single_quoted(path), single_quoted(words));
}

std::string zsh_list(const std::vector<CompletionCommand>& commands, const std::string& indent) {
    std::string out = indent + "local -a commands=(\n";
    for (const CompletionCommand& command : commands) {
        out += indent + "    " +
               zsh_quoted(zsh_text(command.name) + ":" + zsh_text(command.summary)) + "\n";
    }
    return out + indent + ")\n" + indent + "_describe command commands\n" + indent + "return\n";
}

std::string zsh_arguments(const CompletionCommand& command, const std::string& indent) {
    std::string out = indent + "_arguments";
    for (const CompletionOption& option : command.options) {
        out += " \\\n" + indent + "    " +
               zsh_quoted(option.name + "[" + zsh_text(option.summary) + "]" +
                          (option.takes_value ? ":value:_files" : ""));
    }
    return out + " \\\n" + indent + "    '*:file:_files'\n";
}

std::string zsh_case(const CompletionCommand& command) {
    const std::string indent(12, ' ');
    std::string out = fmt::format("        {})\n", command.name);
    if (command.commands.empty()) return out + zsh_arguments(command, indent) + indent + ";;\n";
    out += indent + "if ((CURRENT == 2)); then\n" + zsh_list(command.commands, indent + "    ") +
           indent + "fi\n" + indent + "command=$words[2]\n" + indent + "shift words\n" + indent +
           "((CURRENT--))\n" + indent + "case $command in\n";
    for (const CompletionCommand& sub : command.commands) {
        out += fmt::format("{}    {})\n", indent, sub.name) +
               zsh_arguments(sub, indent + "        ") + indent + "        ;;\n";
    }
    return out + indent + "esac\n" + indent + ";;\n";
}

std::string fish_options(const std::string& condition, const CompletionCommand& command) {
    std::string out;
    for (const CompletionOption& option : command.options) {
        const bool is_long = option.name.rfind("--", 0) == 0;
        out += fmt::format("complete -c homeostat -n {} {} {}{} -d {}\n", single_quoted(condition),
                           is_long ? "-l" : "-s", option.name.substr(is_long ? 2 : 1),
                           option.takes_value ? " -r" : "", single_quoted(option.summary));
    }
    return out;
}

CompletionCommand described(const CLI::App& command) {
    CompletionCommand made{command.get_name(), command.get_description(), {}, {}};
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_group().empty()) continue;  // taken for the sake of old scripts only
        const bool takes_value = option->get_items_expected_max() != 0;  // a flag expects none
        for (const std::string& name : option->get_lnames()) {
            made.options.push_back({"--" + name, option->get_description(), takes_value});
        }
        for (const std::string& name : option->get_snames()) {
            made.options.push_back({"-" + name, option->get_description(), takes_value});
        }
    }
    made.commands = completion_commands(command);
    return made;
}

}  // namespace

std::vector<CompletionCommand> completion_commands(const CLI::App& app) {
    std::vector<CompletionCommand> commands;
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        commands.push_back(described(*command));
    }
    return commands;
}

std::string bash_completion(const std::vector<CompletionCommand>& commands) {
    std::string cases;
    std::string deeper;
    for (const CompletionCommand& command : commands) {
        if (command.commands.empty()) {
            cases += bash_case(command.name, command.options);
            continue;
        }
        deeper += fmt::format("        {}) commands={} ;;\n", command.name,
                              single_quoted("--help " + names_of(command.commands)));
        for (const CompletionCommand& sub : command.commands) {
            cases += bash_case(command.name + " " + sub.name, sub.options);
        }
    }
    return fmt::format(
        "# bash completion of homeostat, made by: homeostat completion bash\n"
        "_homeostat() {{\n"
        "    local words='' commands={} at=1 current=${{COMP_WORDS[COMP_CWORD]}}\n"
        "    local path=${{COMP_WORDS[1]}}\n"
        "    if ((COMP_CWORD > 1)); then\n"
        "        commands=''\n"
        "        case $path in\n"
        "{}"
        "        esac\n"
        "        if [[ -n $commands ]]; then\n"
        "            at=2\n"
        "            path+=\" ${{COMP_WORDS[2]}}\"\n"
        "        fi\n"
        "    fi\n"
        "    if ((COMP_CWORD == at)); then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$current\")\n"
        "        return\n"
        "    fi\n"
        "    case $path in\n"
        "{}"
        "    esac\n"
        "    if [[ $current == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
        "    else\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "    fi\n"
        "}}\n"
        "complete -o filenames -F _homeostat homeostat\n",
        single_quoted("--help " + names_of(commands)), deeper, cases);
}

std::string zsh_completion(const std::vector<CompletionCommand>& commands) {
    std::string cases;
    for (const CompletionCommand& command : commands) cases += zsh_case(command);
    return fmt::format(
        "#compdef homeostat\n"
        "# zsh completion of homeostat, made by: homeostat completion zsh\n"
        "_homeostat() {{\n"
        "    if ((CURRENT == 2)); then\n"
        "{}"
        "    fi\n"
        "    local command=$words[2]\n"
        "    shift words\n"
        "    ((CURRENT--))\n"
        "    case $command in\n{}    esac\n"
        "}}\n"
        "_homeostat \"$@\"\n",
        zsh_list(commands, "        "), cases);
}

std::string fish_completion(const std::vector<CompletionCommand>& commands) {
    std::string out = "# fish completion of homeostat, made by: homeostat completion fish\n";
    for (const CompletionCommand& command : commands) {
        out += fmt::format("complete -c homeostat -n __fish_use_subcommand -f -a {} -d {}\n",
                           command.name, single_quoted(command.summary));
        const std::string seen = "__fish_seen_subcommand_from " + command.name;
        if (command.commands.empty()) {
            out += fish_options(seen, command);
            continue;
        }
        for (const CompletionCommand& sub : command.commands) {
            out += fmt::format("complete -c homeostat -n {} -f -a {} -d {}\n",
                               single_quoted(seen + "; and not __fish_seen_subcommand_from " +
                                             names_of(command.commands)),
                               sub.name, single_quoted(sub.summary));
            out += fish_options(seen + "; and __fish_seen_subcommand_from " + sub.name, sub);
        }
    }
    return out;
}

}  // namespace homeostat
