#include "actions/playbook/template.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/actions/playbook/expression_fixture.hpp"

namespace homeostat::playbook {
namespace {

// Reads `yaml` as one value and renders it; the repr, or what is wrong.
std::string show(std::string_view yaml, Map names = {}) {
    const auto node = parse_yaml(yaml, "f.yml");
    if (!node) return "yaml: " + std::string(node.error().text.view());
    const auto compiled = compile_template(*node, "f.yml");
    if (!compiled) return std::string(compiled.error().text.view());
    test::MapScope scope(std::move(names));
    const auto value = render(*compiled, scope);
    return value ? to_repr(*value) : "error: " + std::string(value.error().text.view());
}

}  // namespace

TEST_CASE("template: one expression alone keeps its type, longer text is text") {
    for (const auto& row : {
             test::EvalRow{"'{{ n }}'", "7"},
             {"'{{n}}'", "7"},
             {"' {{ n }}'", "' 7'"},
             {"'a{{ n }}b{{ n }}'", "'a7b7'"},
             {"'{{ none }}'", "None"},
             {"'x{{ none }}'", "'x'"},
             {"'{{ true }}!'", "'True!'"},
             {"'{{ [1, \"a\"] }}'", "[1, 'a']"},
             {"'{{ [1, \"a\"] }}.'", "\"[1, 'a'].\""},
             {"'{# gone #}a{# b #}c'", "'ac'"},
             {"'{{ \"}}\" }}'", "'}}'"},
             {"'{{ {\"a\": {\"b\": 1}} }}'", "{'a': {'b': 1}}"},
             {"'a}}b'", "'a}}b'"},
             {"'{{ \"{{\" }} x'", "'{{ x'"},
             {"[1, '{{ n }}', {a: '{{ n + 1 }}'}]", "[1, 7, {'a': 8}]"},
             {"'{{ nosuch }}'", "error: 'nosuch' is undefined"},
             {"'{{ [nosuch] }}'", "error: 'nosuch' is undefined"},
             {"0644", "420"},
         }) {
        CAPTURE(row.source);
        CHECK(show(row.source, {{"n", 7}}) == row.result);
    }
}

TEST_CASE("template: what came out of a value is never a template") {
    CHECK(show("'{{ x }}'", {{"x", "{{ n }}"}}) == "'{{ n }}'");
    CHECK(show("'a {{ x }}'", {{"x", "{% raw %}"}}) == "'a {% raw %}'");
}

TEST_CASE("template: backslashes between braces are plain") {
    CHECK(show("'{{ \"a\\nb\" }}'") == R"('a\\nb')");
}

TEST_CASE("template: omit leaves lists and mappings and can stand alone") {
    const Map names{{"omit", Value::omit()}};
    CHECK(show("'{{ omit }}'", names) == "omit");
    CHECK(show("['{{ omit }}', 1]", names) == "[1]");
    CHECK(show("{a: '{{ x | default(omit) }}', b: 2}", names) == "{'b': 2}");
    CHECK(show("'x{{ omit }}'", names).starts_with("error: "));
}

TEST_CASE("template: broken ones are refused where they break") {
    for (const auto& row : {
             test::EvalRow{"'{{ a'", "f.yml:1:2: '{{' without its '}}'"},
             {"'abc {{ a + }}'", "f.yml:1:13: a value is missing at the end"},
             {"'{% if x %}'", "f.yml:1:2: '{% %}' is not accepted: use 'x if c else y' or 'loop'"},
             {"'{# open'", "f.yml:1:2: '{#' begins a comment that does not end"},
             {"'{{- a }}'", "f.yml:1:4: '{{-' and '-}}' are not accepted: put a blank between"},
             {"'{{ a -}}'", "f.yml:1:4: '{{-' and '-}}' are not accepted: put a blank between"},
             {"'${#x}'", "f.yml:1:3: '{#' begins a comment that does not end"},
             {"'{{ }}'", "f.yml:1:5: a value is missing at the end"},
             {"{'{{ a }}': 1}", "f.yml:1:2: a key cannot hold an expression"},
             {"\"x\\t{{ a | nosuch }}\"", "f.yml:1:1: no filter is called 'nosuch'"},
         }) {
        CAPTURE(row.source);
        CHECK(show(row.source) == row.result);
    }
}

TEST_CASE("template: marks tell which bytes came from outside") {
    const auto node = parse_yaml("'rm -- {{ x }}/{{ y }}'", "f.yml");
    auto compiled = compile_template(*node, "f.yml");
    REQUIRE(compiled);
    compiled->pieces[1].outside = true;
    test::MapScope scope({{"x", "abc"}, {"y", ""}});
    const auto marked = render_marked(*compiled, scope);
    REQUIRE(marked);
    CHECK(marked->text == "rm -- abc/");
    REQUIRE(marked->outside.size() == 1);
    CHECK(marked->outside[0].begin == 6);
    CHECK(marked->outside[0].end == 9);
}

TEST_CASE("template: what is known before anything runs") {
    const auto node = parse_yaml("[a, '{{ b }}', {c: 1, d: '{{ e }}'}]", "f.yml");
    const auto compiled = compile_template(*node, "f.yml");
    const Value known = known_value(*compiled);
    CHECK(known.list()[0].text() == "a");
    CHECK(known.list()[1].is_undefined());
    CHECK(known.list()[2].map().find("c")->integer() == 1);
    CHECK(known.list()[2].map().find("d")->is_undefined());
}

TEST_CASE("template: a condition is written without braces") {
    const auto node = parse_yaml("'{{ a }}'", "f.yml");
    const auto expr = compile_expression(*node, "f.yml", Backslash::Escapes);
    REQUIRE_FALSE(expr);
    CHECK(expr.error().text.view().find("without '{{'") != std::string_view::npos);
}

}  // namespace homeostat::playbook
