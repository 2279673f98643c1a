#include "core/fixed_string.hpp"

#include <doctest/doctest.h>

#include "core/format.hpp"

using homeostat::FixedString;

TEST_CASE("fixed_string: holds what fits and says when it had to cut") {
    FixedString<5> text("abcde");
    CHECK(text == "abcde");
    CHECK_FALSE(text.truncated());
    text.append("f");
    CHECK(text == "abcde");
    CHECK(text.truncated());
    text.assign("xy");
    CHECK(text == "xy");
    CHECK_FALSE(text.truncated());
    CHECK(text.c_str()[2] == '\0');
}

TEST_CASE("fixed_string: cuts between characters, never inside one") {
    const FixedString<4> text("ab\xC3\xA9\xC3\xA9");  // two bytes a letter
    CHECK(text == "ab\xC3\xA9");
    const FixedString<3> shorter("ab\xC3\xA9");
    CHECK(shorter == "ab");
    CHECK(shorter.truncated());
}

TEST_CASE("fixed_string: formatting cuts like appending does") {
    FixedString<6> text;
    homeostat::format_into(text, "{}-{}", 12, "abcdef");
    CHECK(text == "12-abc");
    CHECK(text.truncated());
    FixedString<6> exact;
    homeostat::format_into(exact, "{:06}", 42);
    CHECK(exact == "000042");
    CHECK_FALSE(exact.truncated());
}
