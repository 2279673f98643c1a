// replay: streams a CSV through the shipped detectors with shipped defaults, one pass, no
// look-ahead.
//
// Input: a header `timestamp,NAME...` and rows of epoch seconds and values. An empty field is a
// missing value; so is one that is not finite. CRLF is fine. Timestamps may repeat, go back or have
// gaps. Output: one row per input row, in input order.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>

#include "core/result.hpp"

namespace homeostat {

// Writes `timestamp,score,flag,onset` for one value column, or
// `timestamp,score,flag,top_series,onset` for several; top_series are the blamed columns, the one
// to blame most first, joined by ';'. Errc::Parse names line and column of what is wrong.
// With `explained`, a last column `why`, quoted: of a row that is odd, what its column (the first
// one to blame) says for itself (explanation.hpp); empty for the others.
Status replay_csv(std::istream& in, std::ostream& out, bool explained = false);

// Writes `timestamp,days_to_full,low,high`: the time until the one value column reaches `limit`;
// empty when it will not.
Status forecast_csv(std::istream& in, std::ostream& out, double limit);

}  // namespace homeostat
