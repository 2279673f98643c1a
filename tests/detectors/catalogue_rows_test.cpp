#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using namespace homeostat::test;

TEST_CASE("catalogue rows: every part is in the catalogue, each condition once") {
    std::size_t rows = 0;
    for (const auto part :
         {processor_conditions(), memory_conditions(), storage_conditions(), device_conditions(),
          network_conditions(), kernel_conditions(), service_conditions()}) {
        CHECK_FALSE(part.empty());
        rows += part.size();
        for (const Condition& condition : part) {
            CAPTURE(std::string(condition.name));
            CHECK(find_stock_condition(condition.name) != nullptr);
        }
    }
    CHECK(stock_conditions().size() == rows);
}

namespace {

// The metrics that a fixture host gives: the first words of its golden samples.
std::set<std::string> metrics_of(const char* host) {
    std::ifstream file(std::string("tests/fixtures/hosts/") + host + ".samples");
    std::set<std::string> metrics;
    for (std::string line; std::getline(file, line);)
        metrics.insert(line.substr(0, line.find(' ')));
    REQUIRE_FALSE(metrics.empty());
    return metrics;
}

bool is_stall(std::string_view metric) {
    return metric.starts_with("pressure_") || metric.starts_with("unit_pressure_");
}

}  // namespace

// RHEL 8 and 9 come with PSI off: no condition may stay shut for ever for want of it.
TEST_CASE("catalogue rows: where the kernel counts no stalls, each has a witness all the same") {
    const auto host = metrics_of("kernel-4.18");
    const auto units = metrics_of("hybrid-5.10");  // controllers of version 1
    for (const std::string& metric : host) CHECK_FALSE(is_stall(metric));
    int stalls = 0;
    for (const Condition& condition : stock_conditions()) {
        if (!is_stall(condition.witness.metric)) continue;
        CAPTURE(std::string(condition.name));
        ++stalls;
        const std::string instead(condition.witness_or.metric);
        CHECK_FALSE(is_stall(instead));
        CHECK((instead.starts_with("unit_") ? units : host).contains(instead));
        const Condition* const row = find_stock_condition(condition.name);
        ConditionWatch watch(row->name);
        const bool above = worse_above(row->comparison);
        const double calm = above ? 0 : 1e9;
        const double bad = row->steps.back().limit * (above ? 10 : 0.1);
        ConditionInput input{.value = calm, .room = 0.0, .witness_or = 1e12};
        CHECK(watch.after(60, input) == kNone);
        input.value = bad;
        CHECK(watch.after(400, input) != kNone);
    }
    CHECK(stalls >= 16);
}

TEST_CASE("catalogue rows: steps come out in the order in which they are written") {
    using namespace homeostat::catalogue;
    const ConditionSteps three = steps(warning(0.9, 20), error(0.95), critical(0.98));
    REQUIRE(three.size() == 3);
    CHECK(three[0].severity == Severity::Warning);
    CHECK(three[0].room_max == 20);
    CHECK(three[2].severity == Severity::Critical);
    CHECK(three[2].limit == 0.98);
    CHECK(steps(info(1)).size() == 1);
}
