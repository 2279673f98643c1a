// Spawner starts programs: the only way this code base does.
//
// There is no shell and no PATH search; every child has a deadline, its own session and an output
// cap, and is killed with its whole process group when time is up (reliability rules B3, B4).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

// What to run. Strings are borrowed for the call.
struct Command {
    std::vector<std::string> argv;         // argv[0] is an absolute path and is what gets executed
    std::vector<std::string> environment;  // "NAME=value"; nothing else is inherited
    std::string working_directory;         // empty: "/"
    std::string standard_input;            // empty: /dev/null
    Duration timeout = seconds(30);
    unsigned creation_mask = 077;    // umask: what new files of the program are not readable by
    std::size_t output_max = 65536;  // per stream; the rest is read and thrown away
};

struct ExitReport {
    int code = -1;   // exit status; meaningful when signal is 0
    int signal = 0;  // the signal that ended it, or 0
    bool timed_out = false;
    bool output_truncated = false;
    std::string output;
    std::string errors;

    [[nodiscard]] bool succeeded() const { return code == 0 && signal == 0 && !timed_out; }
};

class Spawner {
public:
    virtual ~Spawner() = default;

    // Runs to the end or to the deadline. An error means that the program could not be started
    // (Errc::NotFound, Denied, Invalid); a program that ran and failed is a report.
    virtual Result<ExitReport> run(const Command& command) = 0;
};

// The real one: fork, setsid, execve, poll.
class ProcessSpawner final : public Spawner {
public:
    Result<ExitReport> run(const Command& command) override;
};

}  // namespace homeostat
