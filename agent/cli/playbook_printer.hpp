// PlaybookPrinter tells a person what a playbook is doing, task by task.
#pragma once

#include <ostream>
#include <string_view>

#include "actions/playbook/run.hpp"

namespace homeostat {

class PlaybookPrinter {
public:
    explicit PlaybookPrinter(std::ostream& out) : out_(out) {}

    // Prints as things happen. REQUIRES: this outlives it.
    playbook::Progress progress();

    void print_totals(const playbook::RunReport& report, bool check);

private:
    void print_task(const playbook::TaskReport& task);
    void print_outcome(std::string_view label, const playbook::Outcome& outcome, bool ignored);

    std::ostream& out_;
};

}  // namespace homeostat
