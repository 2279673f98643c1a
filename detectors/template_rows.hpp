// The log-template miner over a whole log, as CSV: what `homeostat templates` prints.
#pragma once

#include <istream>
#include <ostream>

#include "core/result.hpp"

namespace homeostat {

// Writes `line,template_id,template`, one row for each line of the input, in one pass: the
// sentence as it is known at that line. A line longer than 64 KiB is cut. Errc::Io when the output
// cannot be written.
Status templates_csv(std::istream& in, std::ostream& out);

// Writes `count,template_id,template`, one row for each sentence, the most frequent first.
Status template_counts_csv(std::istream& in, std::ostream& out);

}  // namespace homeostat
