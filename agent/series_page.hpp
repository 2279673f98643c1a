// SeriesPage draws what has been learned of one series: its usual day, and where it stands now.
//
//     filesystem_used_ratio  mount /srv            412 rows, last 3 min ago
//     last 0.42; at this hour 0.3 to 0.5 is usual
//
//      0.61 |        :::::
//           |   :::##########:::
//      0.12 |::##############:::::
//            0     6     12    18    hour, local time
//
// '#' is the learned middle of the hour, ':' the usual distance around it.
#pragma once

#include <string>

#include "detectors/model_bank.hpp"
#include "detectors/series_model.hpp"

namespace homeostat {

// Some of the lines of `homeostat series`: header, one row for each series.
std::string series_header();
std::string series_row(const SavedModel& saved, const SeriesModel& model);

// The same as one JSON object, without a line feed. `utc_offset_seconds`: of this host, now; a
// model knows local time only.
std::string series_json(const SavedModel& saved, const SeriesModel& model,
                        std::int64_t utc_offset_seconds);

// `homeostat series NAME`: the drawing above. `unix_ns`: now.
std::string series_page(const SavedModel& saved, const SeriesModel& model, std::int64_t unix_ns,
                        std::int64_t utc_offset_seconds);

}  // namespace homeostat
