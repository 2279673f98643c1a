// CsvStreams opens the input and the output of a command that turns one CSV into another.
#pragma once

#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "agent/cli/command.hpp"
#include "core/result.hpp"

namespace homeostat {

// Runs `convert` from `input` to `output`, where "-" stands for standard input and the session's
// output. Says what went wrong on session.errors, with the name of the file, and sets exit_code 1.
inline void convert_csv(Session& session, const std::string& input, const std::string& output,
                        const std::function<Status(std::istream&, std::ostream&)>& convert) {
    const auto fail = [&](const std::string& name, std::string_view text) {
        session.errors << name << ": " << text << '\n';
        session.exit_code = 1;
    };
    std::ifstream in_file;
    std::ofstream out_file;
    if (input != "-") {
        in_file.open(input, std::ios::binary);
        if (!in_file) return fail(input, "cannot open for reading");
    }
    if (output != "-") {
        out_file.open(output, std::ios::binary | std::ios::trunc);
        if (!out_file) return fail(output, "cannot open for writing");
    }
    const Status status =
        convert(input == "-" ? std::cin : in_file, output == "-" ? session.out : out_file);
    if (!status) fail(input == "-" ? "standard input" : input, status.error().text.view());
}

}  // namespace homeostat
