// Rounding numbers before they are shipped: digits that nobody reads cost bytes.
//
// A mantissa of 12 bits has a relative error of 0.012 %. The bits that are zero then compress away;
// rounding in decimal would save a quarter as much. The local store keeps every digit.
#pragma once

#include "core/incident.hpp"

namespace homeostat {

// What is not finite comes back as it is.
double round_to_12_bits(double value);

// Measurements, scores and forecasts. Times, counts and ids stay exact.
void round_numbers(Incident& incident);

}  // namespace homeostat
