#include "agent/config/yaml_text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace homeostat;

namespace {

bool same(const YamlNode& a, const YamlNode& b) {
    if (a.kind != b.kind || a.items.size() != b.items.size() ||
        a.entries.size() != b.entries.size()) {
        return false;
    }
    if (a.is_text() && a.text != b.text) return false;
    if (a.is_int() && a.integer != b.integer) return false;
    if (a.is_bool() && a.boolean != b.boolean) return false;
    for (std::size_t i = 0; i < a.items.size(); ++i) {
        if (!same(a.items[i], b.items[i])) return false;
    }
    for (std::size_t i = 0; i < a.entries.size(); ++i) {
        if (a.entries[i].key != b.entries[i].key) return false;
        if (!same(a.entries[i].value, b.entries[i].value)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("yaml_text: what is written reads back as the same tree") {
    constexpr std::array kTexts{
        "tick: 1s",
        "a: {b: {c: [1, 2, 'x, y']}}\nd: []\ne: {}\nf: ~\ng:",
        "list:\n  - {a: 1, b: [x]}\n  - [1, [2, 3]]\n  - - {a: {b: c}}\n  - plain",
        "'yes': 'no'\n'1': '2'\n'~': 'null'\n'a: b': '# c'\nt: true\nf: off",
        "text: |\n  two\n  lines\nq: \"tab\\t quote\\\" \\u00e9\"\nempty: ''\nd: '2026-01-01'\nt: "
        "10:30:00 x",
        "o: 0644\nh: 0x1F\nn: -5\nr: 1.5\ni: .inf\ns: '-5'\nm: '- a'\np: 'a:'\nst: '*x'\nam: '&x'",
        "",
    };
    for (const char* text : kTexts) {
        CAPTURE(text);
        const auto tree = parse_yaml(text, "in");
        REQUIRE(tree);
        for (const std::string& written : {yaml_text(*tree), yaml_flow(*tree)}) {
            CAPTURE(written);
            const auto again = parse_yaml(written, "out");
            REQUIRE(again);
            CHECK(same(*tree, *again));
        }
    }
}

TEST_CASE("yaml_text: with files, each value has its place behind it") {
    auto tree = parse_yaml("tick: 1s\nincidents: {calm_for: 5s}", "x");
    REQUIRE(tree);
    tree->entries[1].value.entries[0].value.mark.source = 1;
    CHECK(yaml_text(*tree, {"default", "/etc/x.yml"}) ==
          "tick: 1s                                    # default\n"
          "incidents:\n"
          "  calm_for: 5s                              # /etc/x.yml:2\n");
}
