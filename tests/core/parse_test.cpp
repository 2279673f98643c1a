#include "core/parse.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string_view>

using namespace homeostat;

TEST_CASE("parse: whole numbers or nothing") {
    struct Row {
        std::string_view text;
        std::optional<std::uint64_t> value;
    };
    for (const Row& row :
         {Row{"0", 0}, Row{"18446744073709551615", UINT64_MAX}, Row{"18446744073709551616", {}},
          Row{"", {}}, Row{" 1", {}}, Row{"1 ", {}}, Row{"-1", {}}, Row{"+1", {}}, Row{"0x1", {}},
          Row{"1.0", {}}}) {
        CAPTURE(row.text);
        CHECK(parse_u64(row.text) == row.value);
    }
    CHECK(parse_u64("ff", 16) == 255);
    CHECK(parse_i64("-9223372036854775808") == INT64_MIN);
    CHECK_FALSE(parse_double("1.5x"));
    CHECK(parse_double("1e3") == 1000.0);
}

TEST_CASE("parse: lines and words are cut off the front, blanks skipped") {
    std::string_view rest = "a  b\t c\r\n\nlast";
    std::string_view line;
    REQUIRE(next_line(rest, line));
    CHECK(next_word(line) == "a");
    CHECK(next_word(line) == "b");
    CHECK(next_word(line) == "c");
    CHECK(next_word(line).empty());
    REQUIRE(next_line(rest, line));
    CHECK(line.empty());
    REQUIRE(next_line(rest, line));
    CHECK(line == "last");
    CHECK_FALSE(next_line(rest, line));
}
