#include "agent/signals_page.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr std::string_view kHead =
    "# Signals\n"
    "\n"
    "What Homeostat looks at, how often, and which of its conditions rest on it. This page is\n"
    "made by `homeostat catalogue`.\n"
    "\n"
    "A star marks what most machines lack (a kind of disk, of network, of sensor). Such a\n"
    "collector is tested with fixture files; `homeostat status` shows whether it is off here.\n";

// Names of metrics hold only letters, digits and underscores: nothing to escape.
void add_condition(std::string& page, std::span<const CollectorRow> rows, std::string_view name,
                   std::string_view metric) {
    const CollectorRow* row = find_collector_of(rows, metric);
    if (metric.empty()) {
        page += fmt::format("| `{}` | an event | kernel log, journal, changes |\n", name);
    } else if (row != nullptr) {
        page += fmt::format("| `{}` | `{}` | `{}`{} |\n", name, metric, row->name,
                            row->is_special ? " *" : "");
    } else {
        page += fmt::format("| `{}` | `{}` | an exporter |\n", name, metric);
    }
}

void add_collector(std::string& page, const CollectorRow& row) {
    std::string metrics;
    for (const Metric& metric : row.metrics) {
        metrics += fmt::format("{}`{}`", metrics.empty() ? "" : ", ", metric.name);
    }
    page += fmt::format("| `{}`{} | {} | {} | {} |\n", row.name, row.is_special ? " *" : "",
                        to_text(row.interval), row.summary, metrics);
}

}  // namespace

const CollectorRow* find_collector_of(std::span<const CollectorRow> rows, std::string_view metric) {
    const auto reports = [&](const CollectorRow& row) {
        return std::any_of(row.metrics.begin(), row.metrics.end(),
                           [&](const Metric& own) { return own.name == metric; });
    };
    const auto found = std::find_if(rows.begin(), rows.end(), reports);
    return found == rows.end() ? nullptr : &*found;
}

std::string signals_page(std::span<const CollectorRow> rows, std::span<const Condition> conditions,
                         std::span<const ForecastRule> forecasts) {
    std::string page(kHead);
    page += "\n## Conditions\n\n| condition | signal | collector |\n|---|---|---|\n";
    for (const Condition& condition : conditions) {
        add_condition(page, rows, condition.name, condition.metric);
    }
    for (const ForecastRule& rule : forecasts) add_condition(page, rows, rule.name, rule.metric);
    page += "\n## Collectors\n\n| collector | every | what | metrics |\n|---|---|---|---|\n";
    for (const CollectorRow& row : rows) add_collector(page, row);
    return page;
}

}  // namespace homeostat
