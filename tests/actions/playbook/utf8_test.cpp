#include "actions/playbook/utf8.hpp"

#include <doctest/doctest.h>

namespace homeostat {

TEST_CASE("utf8: broken bytes become one U+FFFD per longest prefix") {
    struct Row {
        std::string_view bytes;
        std::string_view text;
    };
    for (const Row& row :
         {Row{"", ""}, Row{"plain", "plain"}, Row{"\xC3\xA9", "\xC3\xA9"},
          Row{"a\xFF", "a\xEF\xBF\xBD"}, Row{"\xC3", "\xEF\xBF\xBD"},
          Row{"\xE2\x82", "\xEF\xBF\xBD"}, Row{"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
          Row{"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
          Row{"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
          Row{"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}}) {
        CAPTURE(row.bytes);
        CHECK(to_valid_utf8(row.bytes) == row.text);
        CHECK((find_invalid_utf8(row.bytes) == std::string_view::npos) == (row.bytes == row.text));
    }
}

TEST_CASE("utf8: characters are counted and split, not bytes") {
    CHECK(count_characters("\xC3\xA9t\xC3\xA9") == 3);
    const auto characters = split_characters("\xC3\xA9t");
    REQUIRE(characters.size() == 2);
    CHECK(characters[0] == "\xC3\xA9");
}

TEST_CASE("utf8: case of letters beyond ASCII") {
    CHECK(to_lower("ABC \xC3\x84\xC3\x96 \xD0\x9F \xCE\xA9 \xC5\xBD") ==
          "abc \xC3\xA4\xC3\xB6 \xD0\xBF \xCF\x89 \xC5\xBE");
    CHECK(to_upper("abc \xC3\xA4 \xD0\xBF 1") == "ABC \xC3\x84 \xD0\x9F 1");
    CHECK(to_lower("") == "");
}

TEST_CASE("utf8: spaces are Python's") {
    for (const char32_t c : {U' ', U'\t', U'\n', U'\u00A0', U'\u3000', U'\u2028'}) {
        CHECK(is_space(c));
    }
    for (const char32_t c : {U'a', U'_', U'\u200B', U'\0'}) CHECK_FALSE(is_space(c));
}

}  // namespace homeostat
