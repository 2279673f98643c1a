#include "collectors/unit_list.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

TEST_CASE("unit_list: units with their states, and what is none") {
    std::vector<std::string> seen;
    const auto refused = parse_unit_list(
        "app.service loaded failed failed An application, with a comma\n"
        "\xE2\x97\x8F srv.mount loaded failed failed /srv\n"
        "bare.service not-found failed failed\n"
        "nonsense\n\n0 loaded units listed\n",
        [&](const UnitLine& unit) {
            seen.push_back(fmt::format("{}|{}|{}|{}|{}", unit.unit, unit.load, unit.active,
                                       unit.sub, unit.description));
        });
    CHECK(refused == 2);
    CHECK(seen ==
          std::vector<std::string>{"app.service|loaded|failed|failed|An application, with a comma",
                                   "srv.mount|loaded|failed|failed|/srv",
                                   "bare.service|not-found|failed|failed|"});
}

TEST_CASE("unit_list: any text is a list or refused, line by line") {
    for (const std::string& text : test::hostile_texts()) {
        std::size_t units = 0;
        (void)parse_unit_list(text, [&](const UnitLine&) { ++units; });
        CHECK(units == 0);
    }
}
