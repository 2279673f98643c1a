#include "actions/playbook/regex.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace homeostat::playbook {

TEST_CASE("regex: look-around and back-references are refused") {
    for (const std::string_view pattern : {"(?=a)", "(?<!a)", "(a)\\1", "(", "[", "a**", "\\"}) {
        CAPTURE(pattern);
        CHECK_FALSE(check_pattern(pattern));
        CHECK_FALSE(find_match("a", pattern));
    }
    CHECK(check_pattern("^a+(?P<n>b)?$"));
    CHECK(check_pattern(""));
}

TEST_CASE("regex: the first match, anywhere or at the start") {
    CHECK(find_match("xaab", "a+")->value() == "aa");
    CHECK_FALSE(find_match("xaab", "a+", Anchor::Start)->has_value());
    CHECK(find_match("", "x*")->value() == "");
    CHECK(find_match("one\ntwo\n", "two$")->value() == "two");  // before a newline at the end
    CHECK(find_match("two\n", "two\n?$")->value() == "two\n");
    CHECK_FALSE(find_match("two\n\n", "two$")->has_value());
    CHECK_FALSE(find_match("one\ntwo", "one$")->has_value());
    CHECK(find_match("caf\xC3\xA9 1", "\\w+")->value() == "caf\xC3\xA9");
    CHECK(find_match("caf\xC3\xA9", ".$")->value() == "\xC3\xA9");
}

TEST_CASE("regex: replacing is Python's re.sub") {
    struct Row {
        std::string_view text;
        std::string_view pattern;
        std::string_view replacement;
        std::string_view result;
    };
    for (const Row& row : std::vector<Row>{
             {"abxd", "x*", "-", "-a-b--d-"},
             {"a.b", "\\.", "", "ab"},
             {"john smith", "(\\w+) (\\w+)", "\\2 \\1", "smith john"},
             {"k=v", "(?P<key>\\w)=(?P<value>\\w)", "\\g<value>=\\g<key>", "v=k"},
             {"ab", "(a)|(b)", "[\\1\\2]", "[a][b]"},
             {"a", "a", "\\\\n", "\\n"},
             {"a", "a", "\\n", "\n"},
             {"", "^", "x", "x"},
             {"a\n", "$", "X", "aX\nX"},
             {"line\n", "e$", "E", "linE\n"},
             {"aaaa", "a{,2}", "b", "bbb"},
             {"\xC3\xA9", "", "-", "-\xC3\xA9-"},
         }) {
        CAPTURE(row.pattern);
        const auto result = replace_all(row.text, row.pattern, row.replacement);
        REQUIRE(result);
        CHECK(*result == row.result);
    }
    for (const std::string_view replacement : {"\\1", "\\g<x>", "\\g", "\\q", "\\g<1"}) {
        CAPTURE(replacement);
        CHECK_FALSE(replace_all("a", "a", replacement));
    }
}

TEST_CASE("regex: a pattern that would take exponential time elsewhere is quick") {
    const std::string text(5000, 'a');
    CHECK_FALSE(find_match(text + "!", "^(a+)+$")->has_value());
    CHECK_FALSE(replace_all(std::string(200'000, 'x'), "x", "0123456789"));
}

}  // namespace homeostat::playbook
