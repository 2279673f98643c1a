#include "actions/playbook/reader.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {
namespace {

YamlNode yaml(std::string_view text) {
    return *parse_yaml(text, "f.yml");
}

}  // namespace

TEST_CASE("reader: literal values are literal") {
    const Reader reader("f.yml");
    CHECK(*reader.literal_text(yaml("abc"), "k") == "abc");
    CHECK(*reader.literal_text(yaml("5"), "k") == "5");
    CHECK_FALSE(reader.literal_text(yaml("'{{ x }}'"), "k"));
    CHECK_FALSE(reader.literal_text(yaml("[a]"), "k"));
    CHECK_FALSE(reader.literal_text(yaml("~"), "k"));
    CHECK(*reader.literal_bool(yaml("yes"), "k"));
    CHECK(reader.literal_bool(yaml("'yes'"), "k").error().text ==
          "f.yml:1:1: 'k' must be true or false, not 'yes'");
    CHECK(reader.literal_texts(yaml("a, b"), "k", true)->size() == 2);
    CHECK(reader.literal_texts(yaml("a, b"), "k", false)->size() == 1);
    CHECK(reader.literal_texts(yaml("[a, b]"), "k", false)->size() == 2);
    CHECK_FALSE(reader.literal_texts(yaml("[[a]]"), "k", false));
    CHECK(*reader.variable_name(yaml("abc_1"), "register") == "abc_1");
    CHECK_FALSE(reader.variable_name(yaml("a-b"), "register"));
}

TEST_CASE("reader: settings may be expressions, but not other text") {
    const Reader reader("f.yml");
    CHECK(reader.bool_or_template(yaml("true"), "k"));
    CHECK(reader.bool_or_template(yaml("'{{ x }}'"), "k"));
    CHECK_FALSE(reader.bool_or_template(yaml("maybe"), "k"));
    CHECK(reader.int_or_template(yaml("3"), "k", 1));
    CHECK(reader.int_or_template(yaml("'{{ x }}'"), "k", 1));
    CHECK_FALSE(reader.int_or_template(yaml("0"), "k", 1));
    CHECK_FALSE(reader.int_or_template(yaml("'3'"), "k", 1));
}

TEST_CASE("reader: conditions are one or a list, and never empty") {
    const Reader reader("f.yml");
    CHECK(reader.conditions(yaml("a == 1"), "when")->size() == 1);
    CHECK(reader.conditions(yaml("[a, false, b]"), "when")->size() == 3);
    for (const std::string_view text : {"[]", "~", "''", "{a: 1}", "'{{ a }}'", "a =="}) {
        CAPTURE(text);
        CHECK_FALSE(reader.conditions(yaml(text), "when"));
    }
}

}  // namespace homeostat::playbook
