// ScriptedSpawner answers from a list and remembers what it was asked: nothing is started.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/spawner.hpp"

namespace homeostat::test {

class ScriptedSpawner final : public Spawner {
public:
    void answer(ExitReport report) { answers_.push_back(std::move(report)); }

    // A program that ended so and printed this.
    void answer(int code, std::string output = {}, std::string errors = {}) {
        ExitReport report;
        report.code = code;
        report.output = std::move(output);
        report.errors = std::move(errors);
        answer(std::move(report));
    }

    Result<ExitReport> run(const Command& command) override {
        asked.push_back(command);
        if (answers_.empty()) {
            return make_error(Errc::NotFound, "start {}: No such file or directory",
                              command.argv.empty() ? "" : command.argv[0]);
        }
        ExitReport report = std::move(answers_.front());
        answers_.pop_front();
        return report;
    }

    std::vector<Command> asked;

private:
    std::deque<ExitReport> answers_;
};

}  // namespace homeostat::test
