#include "agent/signals_page.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace homeostat;

namespace {

constexpr const char* kPage = "docs/signals.md";

std::string committed_page() {
    std::ifstream in(kPage, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace

// To renew after a change of either table: HOMEOSTAT_UPDATE_GOLDEN=1 ctest -R agent.signals_page
TEST_CASE("signals_page: the committed page is what the tables say") {
    const auto page = signals_page(collector_rows(), stock_conditions(), stock_forecasts());
    if (std::getenv("HOMEOSTAT_UPDATE_GOLDEN") != nullptr) std::ofstream(kPage) << page;
    CHECK(committed_page() == page);
}

TEST_CASE("signals_page: every condition that rests on a metric has a collector of ours") {
    for (const Condition& condition : stock_conditions()) {
        CAPTURE(condition.name);
        const auto row = find_collector_of(collector_rows(), condition.metric);
        CHECK((condition.metric.empty() || row != nullptr ||
               condition.metric.substr(0, 9) == "exporter_"));
    }
}

TEST_CASE("signals_page: a metric that nobody reports is an exporter's, a star marks the rare") {
    constexpr Metric kMetric{"rare_metric"};
    const CollectorRow row{.name = "rare",
                           .summary = "a rare thing",
                           .interval = seconds(90),
                           .metrics = std::span(&kMetric, 1),
                           .make = nullptr,
                           .is_special = true};
    Condition ours;
    ours.name = "rare_condition";
    ours.metric = "rare_metric";
    Condition foreign;
    foreign.name = "foreign_condition";
    foreign.metric = "node_foreign";
    const Condition conditions[] = {ours, foreign};
    const auto page = signals_page({&row, 1}, conditions, {});
    const auto holds = [&](std::string_view text) { return page.find(text) != std::string::npos; };
    CHECK(holds("| `rare_condition` | `rare_metric` | `rare` * |"));
    CHECK(holds("| `foreign_condition` | `node_foreign` | an exporter |"));
    CHECK(holds("| `rare` * | 1m30s | a rare thing | `rare_metric` |"));
}
