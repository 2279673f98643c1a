// Running programs for `command`, `shell`, `service` and `systemd`: a fixed environment, a fixed
// search path, results in Ansible's shape.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/module.hpp"
#include "core/spawner.hpp"

namespace homeostat::playbook {

inline constexpr std::size_t kStreamBytesMax = 64 * 1024;  // kept of each output stream

// Ok when a playbook may set this variable for its programs. Refused is what makes a program load
// or run something else.
Status check_variable(std::string_view name);

// PATH, LANG and HOME, then `variables`.
std::vector<std::string> program_environment(const Environment& environment,
                                             const std::vector<std::string>& variables);

// The file that a program name means: found on the fixed search path; with a '/', as it is, below
// `directory` when relative. Errc::NotFound.
Result<std::string> find_program(const std::string& program, const std::string& directory);

// May this policy's playbook start it? A program that is not there needs no leave.
Status authorise_program(const std::string& program, const std::string& directory,
                         const Environment& environment);

// Runs it with the environment, time limit and mask of the task: argv, directory and input are the
// caller's.
Result<ExitReport> spawn(const ModuleCall& call, Command command);

}  // namespace homeostat::playbook
