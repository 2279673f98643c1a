#include "collectors/loadavg.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("loadavg: three numbers, or a parse error that quotes the text") {
    struct Row {
        std::string_view text;
        bool parses;
    };
    for (const Row& row :
         {Row{"0.21 0.37 0.39 1/719 19737\n", true}, Row{"0.21 0.37 0.39", true},
          Row{"0.21 0.37\n", false}, Row{"", false}, Row{"nan 1 1\n", false},
          Row{"inf 1 1\n", false}, Row{"-1 1 1\n", false}, Row{"1 x 1\n", false}}) {
        CAPTURE(row.text);
        CHECK(parse_loadavg(row.text).has_value() == row.parses);
    }
    const auto wrong = parse_loadavg("0.21 zero\n");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().text.view().find("'0.21 zero'") != std::string_view::npos);
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_loadavg(text));
}

TEST_CASE("loadavg: the three averages are reported as they stand") {
    Watch watch;
    LoadAvgCollector loadavg(watch.bench);
    REQUIRE(watch.collect(loadavg, test::load_host("kernel-4.18")));
    CHECK(*watch.value("load1") == 12.01);
    CHECK(*watch.value("load5") == 9.87);
    CHECK(*watch.value("load15") == 6.5);
}
