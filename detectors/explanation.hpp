// An explanation says in one line why a model found a value odd: what was expected, what came,
// since when, how rare that is, and which of the model's questions spoke.
//
//     30.2, expected 9.4 to 10.6: too high for 4 min, one hour in 300 is like it; not what the
//     last minutes promised
#pragma once

#include <string>

#include "detectors/series_model.hpp"

namespace homeostat {

// The edges of what was expected: twice the usual distance around it. What has never been negative
// is not expected to become so.
struct ExpectedBand {
    double low = 0;
    double high = 0;
};
ExpectedBand band_of(const SeriesVerdict& verdict, double value);

// Of a verdict and the value that it is about. An ordinary value is called as expected.
std::string explain(const SeriesVerdict& verdict, double value);

}  // namespace homeostat
