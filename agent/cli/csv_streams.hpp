// CsvStreams opens the input and the output of a command that turns one CSV into another.
#pragma once

#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "agent/cli/command.hpp"
#include "core/result.hpp"

namespace homeostat {

// Runs `convert` from `input` to `output`, where "-" stands for standard input and the session's
// data stream. A file is written beside its place and renamed when it is whole: a conversion that
// fails leaves what was there, and one that would eat its own input is refused. Says what went
// wrong on session.errors, with the name of the file, and sets exit_code 1.
void convert_csv(Session& session, const std::string& input, const std::string& output,
                 const std::function<Status(std::istream&, std::ostream&)>& convert);

}  // namespace homeostat
