#include "agent/drill/drill_plan.hpp"

#include <doctest/doctest.h>

#include <set>

#include "agent/incidents/kinds.hpp"
#include "core/parse.hpp"

using namespace homeostat;

TEST_CASE("drill_plan: every drill is complete, and opens kinds that exist") {
    std::set<std::string_view> names;
    for (const DrillRow& row : drill_rows()) {
        CAPTURE(std::string(row.name));
        CHECK(names.insert(row.name).second);
        CHECK(find_drill(row.name) == &row);
        CHECK_FALSE(row.does.empty());
        CHECK_FALSE(row.culprit.empty());
        std::string_view rest = row.opens;
        for (auto kind = next_word(rest); !kind.empty(); kind = next_word(rest)) {
            CAPTURE(std::string(kind));
            CHECK(find_kind(kind).resource != Resource::Other);
            CHECK(opens_kind(row, kind));
        }
        CHECK_FALSE(opens_kind(row, ""));
        CHECK_FALSE(opens_kind(row, "of_my_own"));
    }
    CHECK(names.size() == 8);
    CHECK(find_drill("") == nullptr);
    CHECK(find_drill("cp") == nullptr);
}

TEST_CASE("drill_plan: the clock is never set, and says why") {
    REQUIRE(find_drill("clock") != nullptr);
    CHECK_FALSE(find_drill("clock")->not_run.empty());
}
