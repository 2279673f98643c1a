#include "actions/playbook/words.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {
namespace {

std::string split(std::string_view text) {
    const auto words = split_words(text);
    if (!words) return "error: " + std::string(words.error().text.view());
    std::string out;
    for (const Word& word : *words) out += "[" + word.text + "]";
    return out;
}

}  // namespace

TEST_CASE("words: split as Python's shlex splits") {
    struct Row {
        std::string_view text;
        std::string_view words;
    };
    for (const Row& row : {Row{"", ""}, Row{"  \n\t ", ""}, Row{"a  b\nc", "[a][b][c]"},
                           Row{"'a b' \"c d\"", "[a b][c d]"}, Row{"a'b c'd", "[ab cd]"},
                           Row{"''", "[]"}, Row{"a '' b", "[a][][b]"}, Row{"a\\ b", "[a b]"},
                           Row{"\"a\\\"b\\\\c\\d\"", "[a\"b\\c\\d]"}, Row{"'a\\'", "[a\\]"},
                           Row{"a;b|c>d*?", "[a;b|c>d*?]"}, Row{"# no comment", "[#][no][comment]"},
                           Row{"'open", "error: a quote does not end"},
                           Row{"a\\", "error: a backslash at the end"}}) {
        CAPTURE(row.text);
        CHECK(split(row.text) == row.words);
    }
}

TEST_CASE("words: each knows where it begins, past a quote") {
    const auto words = split_words("ab 'cd' e");
    CHECK((*words)[0].begin == 0);
    CHECK((*words)[1].begin == 4);
    CHECK((*words)[2].begin == 8);
}

TEST_CASE("words: what Ansible would take for a parameter or expand") {
    CHECK(embedded_parameter("ls chdir=/tmp") == "chdir=");
    CHECK(embedded_parameter("creates=/x ls") == "creates=");
    CHECK(embedded_parameter("dd if=/dev/zero").empty());
    CHECK(embedded_parameter("xchdir=/tmp").empty());
    CHECK(has_variable_reference("a $HOME b"));
    CHECK(has_variable_reference("${x}"));
    CHECK_FALSE(has_variable_reference("a$ $1 $"));
}

TEST_CASE("words: an argument from outside cannot become an option") {
    CHECK_FALSE(check_no_option({"-rf", 4}, {{4, 7}}));
    CHECK_FALSE(check_no_option({"-x", 4}, {{4, 4}}));  // an empty value before it
    CHECK(check_no_option({"-rf", 4}, {{5, 7}}));       // the dash is the file's own
    CHECK(check_no_option({"a-b", 4}, {{4, 7}}));
    CHECK(check_no_option({"-rf", 4}, {}));
}

}  // namespace homeostat::playbook
