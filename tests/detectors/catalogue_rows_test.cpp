#include "detectors/catalogue_rows.hpp"

#include <doctest/doctest.h>

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
