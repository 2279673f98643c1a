// Completion of the command line in bash, zsh and fish, made from the same table as --help: the
// commands as CLI11 knows them. So it names what there is and nothing else.
//
// Every script completes the command first, then its subcommand where it has some, then its
// options; file names everywhere else.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace homeostat {

struct CompletionOption {
    std::string name;  // with its dashes: --config, -o
    std::string summary;
    bool takes_value = false;
};

struct CompletionCommand {
    std::string name;
    std::string summary;
    std::vector<CompletionOption> options;
    std::vector<CompletionCommand> commands;  // its own, as `config` has `show`; one level deep
};

// What `app` offers, in its order.
std::vector<CompletionCommand> completion_commands(const CLI::App& app);

// The scripts. Summaries are text of ours, yet quoted as if they were not.
std::string bash_completion(const std::vector<CompletionCommand>& commands);
std::string zsh_completion(const std::vector<CompletionCommand>& commands);
std::string fish_completion(const std::vector<CompletionCommand>& commands);

}  // namespace homeostat
