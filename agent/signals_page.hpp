// The page docs/signals.md: which condition rests on which signal, and which collector reads it.
//
// Made from the two tables that the program itself runs on, so that the page cannot be wrong.
// `homeostat catalogue` prints it.
#pragma once

#include <span>
#include <string>

#include "collectors/registry.hpp"
#include "detectors/catalogue.hpp"

namespace homeostat {

// The collector that reports the metric, or null.
const CollectorRow* find_collector_of(std::span<const CollectorRow> rows, std::string_view metric);

// The whole page, in Markdown.
std::string signals_page(std::span<const CollectorRow> rows, std::span<const Condition> conditions,
                         std::span<const ForecastRule> forecasts);

}  // namespace homeostat
