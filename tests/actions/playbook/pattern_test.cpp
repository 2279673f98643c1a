#include "actions/playbook/pattern.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace homeostat::playbook {
namespace {

struct Row {
    std::string_view python;
    std::string_view re2;
};

}  // namespace

TEST_CASE("pattern: what both read alike stays as it is") {
    for (const std::string_view text :
         {"", "abc", "^a+(?P<n>b)?", R"(\.\\\[)", "[]a]", "[^]a]", "a{2,3}", "a{2,}", "[{,3}]",
          "\\", "[", "a{,}", "a{,x}", R"(\$)", "[$]"}) {
        CAPTURE(text);
        for (const Letters letters : {Letters::Ascii, Letters::Unicode}) {
            const auto pattern = python_pattern(text, letters);
            REQUIRE(pattern);
            CHECK(pattern->text == text);
            CHECK_FALSE(pattern->asks_for_end);
        }
    }
}

TEST_CASE("pattern: a dollar outside a set asks for the end") {
    for (const std::string_view text : {"$", "a$|b", "(a$)", "[$]$", "[]$]$", R"(\\$)"}) {
        CAPTURE(text);
        CHECK(python_pattern(text, Letters::Ascii)->asks_for_end);
    }
}

TEST_CASE("pattern: letters, digits and blanks are those of Unicode when asked for") {
    for (const Row& row : std::vector<Row>{
             {R"(\w+)", R"([\p{L}\p{N}_]+)"},
             {R"(\W)", R"([^\p{L}\p{N}_])"},
             {R"([\w.])", R"([\p{L}\p{N}_.])"},
             {R"([^\d])", R"([^\p{Nd}])"},
             {R"(\D)", R"([^\p{Nd}])"},
             {R"([\W])", R"([\W])"},
             {R"(\s\\w)", R"([\t-\r\x1c-\x20\x{85}\p{Z}]\\w)"},
         }) {
        CAPTURE(row.python);
        CHECK(python_pattern(row.python, Letters::Unicode)->text == row.re2);
        CHECK(python_pattern(row.python, Letters::Ascii)->text == row.python);
    }
}

TEST_CASE("pattern: a count without a beginning starts at nought") {
    CHECK(python_pattern("a{,3}b", Letters::Ascii)->text == "a{0,3}b");
}

TEST_CASE("pattern: a POSIX class would mean something else, so it is refused") {
    for (const std::string_view text : {"[[:alpha:]]", "[^[:space:]x]", "[a[:"}) {
        CAPTURE(text);
        CHECK_FALSE(python_pattern(text, Letters::Ascii));
    }
    CHECK(python_pattern("[a]:", Letters::Ascii));
}

}  // namespace homeostat::playbook
