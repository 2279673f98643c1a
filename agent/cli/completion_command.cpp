#include <CLI/CLI.hpp>
#include <memory>

#include "agent/cli/command.hpp"
#include "agent/cli/completion.hpp"

namespace homeostat {

void add_completion_command(CLI::App& app, Session& session) {
    const auto shell = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("completion", "Print the completion of a shell");
    command->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer(
        "Example: homeostat completion bash > "
        "~/.local/share/bash-completion/completions/homeostat");
    command->callback([&app, &session, shell] {
        const auto commands = completion_commands(app);
        session.out << (*shell == "bash"  ? bash_completion(commands)
                        : *shell == "zsh" ? zsh_completion(commands)
                                          : fish_completion(commands));
    });
}

}  // namespace homeostat
