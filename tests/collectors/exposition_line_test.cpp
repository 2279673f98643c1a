#include "collectors/exposition_line.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace homeostat;

TEST_CASE("exposition line: numbers as Prometheus reads them") {
    struct Row {
        const char* text;
        std::optional<double> value;
    };
    for (const Row& row : {Row{"1", 1.0},          Row{"-1.5", -1.5},
                           Row{".5", 0.5},         Row{"5.", 5.0},
                           Row{"+1", 1.0},         Row{"1E+3", 1000.0},
                           Row{"1e-3", 0.001},     Row{"Infinity", INFINITY},
                           Row{"-inf", -INFINITY}, Row{"1e-400", 0.0},
                           Row{"1e400", {}},       Row{"", {}},
                           Row{"+", {}},           Row{"-", {}},
                           Row{"+-1", {}},         Row{"0x10", {}},
                           Row{"1_0", {}},         Row{"1e", {}},
                           Row{"nan(x)", {}},      Row{"1 ", {}},
                           Row{"in", {}}}) {
        CAPTURE(row.text);
        const auto value = parse_exposed_value(row.text);
        CHECK(value.has_value() == row.value.has_value());
        if (value && row.value) CHECK(*value == *row.value);
    }
    CHECK(std::isnan(*parse_exposed_value("NaN")));
}

TEST_CASE("exposition line: UTF-8 in its shortest form only") {
    struct Row {
        std::string_view text;
        bool good;
    };
    for (const Row& row :
         {Row{"", true}, Row{"plain", true}, Row{"\xC3\xA9", true}, Row{"\xE2\x82\xAC", true},
          Row{"\xF0\x9F\x98\x80", true}, Row{"\xF4\x8F\xBF\xBF", true}, Row{"\x80", false},
          Row{"\xC3", false}, Row{"\xC3(", false}, Row{"\xC0\xAF", false},
          Row{"\xE0\x80\xAF", false}, Row{"\xED\xA0\x80", false}, Row{"\xF0\x80\x80\xAF", false},
          Row{"\xF4\x90\x80\x80", false}, Row{"\xF5\x80\x80\x80", false}, Row{"\xFF", false}}) {
        CHECK(is_utf8(row.text) == row.good);
    }
}

TEST_CASE("exposition line: names that need no quotes") {
    CHECK(is_plain_name("a_b9", false));
    CHECK(is_plain_name("a:b", true));
    CHECK_FALSE(is_plain_name("a:b", false));
    CHECK_FALSE(is_plain_name("9a", true));
    CHECK_FALSE(is_plain_name("a.b", true));
    CHECK_FALSE(is_plain_name("", true));
}

TEST_CASE("exposition line: equal label sets have equal texts") {
    SampleLineReader reader;
    SampleLine line;
    std::string first;
    for (const char* text : {"a{x=\"1\",y=\"q\\\"\"} 1", "a{y=\"q\\\"\",x=\"1\"} 2",
                             "a { x = \"1\" , z = \"\" , \"y\" = \"q\\\"\" , } 3"}) {
        CAPTURE(text);
        REQUIRE_FALSE(reader.read(text, ExpositionFormat::Text, line));
        CHECK(line.labels == "x=\"1\",y=\"q\\\"\"");
    }
    CHECK(reader.has_label("x"));
    CHECK_FALSE(reader.has_label("z"));  // empty is absent
    CHECK_FALSE(reader.has_label("w"));
}

TEST_CASE("exposition line: the longest line of escapes fits its work space") {
    SampleLineReader reader;
    SampleLine line;
    std::string text = "a{";
    for (int i = 0; i < 64; ++i) {
        std::string value;
        for (int k = 0; k < 500; ++k) value += "\\n";
        text += "\"l.l" + std::to_string(i) + "\"=\"" + value + "\",";
    }
    text += "} 1";
    REQUIRE(text.size() < ExpositionParser::kLineMax);
    const auto wrong = reader.read(text, ExpositionFormat::Text, line);
    CAPTURE(wrong.text);
    CHECK_FALSE(wrong);
    CHECK(line.labels.size() > 64 * 1000);
}
