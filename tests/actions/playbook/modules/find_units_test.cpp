#include "actions/playbook/modules/find_units.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("find units: ages and sizes") {
    CHECK(*parse_age("5") == 5);
    CHECK(*parse_age("5s") == 5);
    CHECK(*parse_age("2m") == 120);
    CHECK(*parse_age("1h") == 3600);
    CHECK(*parse_age("-1D") == -86400);
    CHECK(*parse_age("1w") == 604800);
    CHECK(*parse_size("7") == 7);
    CHECK(*parse_size("7b") == 7);
    CHECK(*parse_size("1k") == 1024);
    CHECK(*parse_size("-2M") == -2097152);
    CHECK(*parse_size("1g") == 1073741824);
    CHECK(*parse_size("1t") == 1099511627776);
}

TEST_CASE("find units: everything else is refused") {
    for (const std::string_view text : {"", "d", "1y", "1.5d", "1 d", "--1d", "1dd",
                                        "99999999999999999999", "9223372036854775807w", "\xFF"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_age(text));
    }
    CHECK_FALSE(parse_size("1s"));
    CHECK_FALSE(parse_size("9000000000t"));
}

}  // namespace homeostat::playbook
