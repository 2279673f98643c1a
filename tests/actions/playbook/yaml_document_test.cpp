#include "actions/playbook/yaml_document.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace homeostat {
namespace {

std::string problem_of(std::string_view text, const YamlLimits& limits = {}) {
    const auto document = parse_yaml(text, "f.yml", limits);
    return document ? "accepted" : std::string(document.error().text.view());
}

}  // namespace

TEST_CASE("yaml: a document becomes nodes that know where they stand") {
    const auto document = parse_yaml("a: 1\nb:\n  - 'x y'\n  - {c: yes}\n", "f.yml");
    REQUIRE(document);
    REQUIRE(document->is_map());
    CHECK(document->find("a")->value.integer == 1);
    const YamlEntry* b = document->find("b");
    REQUIRE(b != nullptr);
    CHECK(b->key_mark.line == 2);
    REQUIRE(b->value.items.size() == 2);
    CHECK(b->value.items[0].text == "x y");
    CHECK(b->value.items[0].quoted);
    CHECK(b->value.items[0].verbatim);
    CHECK(b->value.items[0].mark.line == 3);
    CHECK(b->value.items[0].mark.column == 5);
    CHECK(b->value.items[1].find("c")->value.boolean);
    CHECK(document->find("nosuch") == nullptr);
}

TEST_CASE("yaml: columns count characters, and folded text is not verbatim") {
    const auto document = parse_yaml("\xC3\xA9\xC3\xA9: x\nb: >\n  one\n  two\n", "f.yml");
    REQUIRE(document);
    CHECK(document->entries[0].value.mark.column == 5);
    CHECK(document->entries[1].value.text == "one two\n");
    CHECK_FALSE(document->entries[1].value.verbatim);
}

TEST_CASE("yaml: empty and comment-only texts are nothing") {
    for (const std::string_view text : {"", "\n", "# only\n", "---\n", "\xEF\xBB\xBF"}) {
        CAPTURE(text);
        const auto document = parse_yaml(text, "f.yml");
        REQUIRE(document);
        CHECK(document->is_null());
    }
}

TEST_CASE("yaml (RULES B10, C2 row 22): what is refused says where and why") {
    struct Row {
        std::string_view text;
        std::string_view beginning;
    };
    const std::vector<Row> rows{
        {"a: &x 1\n", "f.yml:1:4: anchors"},
        {"a: *x\n", "f.yml:1:4: "},
        {"a: !vault x\n", "f.yml:1:4: tags"},
        {"a: !!str x\n", "f.yml:1:4: tags"},
        {"a: ! x\n", "f.yml:1:4: tags"},
        {"a: !x [1]\n", "f.yml:1:4: tags"},
        {"a: 1\na: 2\n", "f.yml:2:1: the key 'a' is here twice"},
        {"1: a\n", "f.yml:1:1: a key must be text, not a number"},
        {"yes: a\n", "f.yml:1:1: a key must be text, not a boolean"},
        {"? [a]\n: b\n", "f.yml:1:3: a key must be text"},
        {"b: {{ x }}\n", "f.yml:1:5: a key must be text, not a mapping"},
        {"~: a\n", "f.yml:1:1: a key must be text, not nothing"},
        {"<<: {a: 1}\n", "f.yml:1:1: '<<'"},
        {"a: 1:30\n", "f.yml:1:4: '1:30' is a base-60"},
        {"a: 2026-11-20\n", "f.yml:1:4: '2026-11-20' is a date"},
        {"a: 99999999999999999999\n", "f.yml:1:4: "},
        {"a:\n\tb: 1\n", "f.yml:2:1: a tab"},
        {"a:\tb\n", "f.yml:1:3: a tab"},
        {"- \ta\n", "f.yml:1:3: a tab"},
        {"a: 1\n---\nb: 1\n", "f.yml:4:1: a second document"},
        {"a: \"x\n", "f.yml:"},
        {"a: b: c\n", "f.yml:1:5: not YAML"},
        {"a: [1\n", "f.yml:"},
        {"a: \x01\n", "f.yml:1:4: a control character"},
        {"a: \xFF\n", "f.yml:1:4: not UTF-8"},
        {"%TAG ! x\n--- !a b\n", "f.yml:"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const std::string problem = problem_of(row.text);
        CHECK_MESSAGE(problem.starts_with(row.beginning), problem);
    }
}

TEST_CASE("yaml: N is accepted and N + 1 refused for every limit") {
    const YamlLimits limits{.size_max = 40, .depth_max = 3, .nodes_max = 6};
    CHECK(problem_of(std::string(38, 'a'), limits) == "accepted");
    CHECK(problem_of(std::string(41, 'a'), limits).find("larger than") != std::string::npos);
    CHECK(problem_of("[[[1]]]", limits) == "accepted");
    CHECK(problem_of("[[[[1]]]]", limits).find("levels of nesting") != std::string::npos);
    CHECK(problem_of("[1,2,3,4,5]", limits) == "accepted");
    CHECK(problem_of("[1,2,3,4,5,6]", limits).find("values in one file") != std::string::npos);
}

TEST_CASE("yaml: a bomb of brackets ends quickly") {
    CHECK(problem_of(std::string(60'000, '[')) != "accepted");
    CHECK(problem_of(std::string(60'000, '{')) != "accepted");
    std::string nested;
    for (int i = 0; i < 20'000; ++i) nested += "- ";
    CHECK(problem_of(nested) != "accepted");
}

TEST_CASE("yaml: block scalars keep tabs inside") {
    const auto document = parse_yaml("a: |\n  if x; then\n  \techo\n", "f.yml");
    REQUIRE(document);
    CHECK(document->find("a")->value.text == "if x; then\n\techo\n");
}

}  // namespace homeostat
