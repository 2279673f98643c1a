#include "actions/yaml_fields.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 7> kKeys{"text",  "flag", "time", "count",
                                                "share", "mode", "list"};

YamlNode parse(std::string_view text) {
    auto node = parse_yaml(text, "f.yml");
    REQUIRE(node);
    return std::move(*node);
}

std::string said(const Status& status) {
    return status ? "" : std::string(status.error().text.view());
}

TEST_CASE("yaml fields: what is there is taken, what is not is left alone") {
    const YamlNode node = parse(
        "text: a\nflag: yes\ntime: 15 minutes\ncount: 3\nshare: 0.5\nmode: auto\nlist: [a, b]\n");
    const auto fields = YamlFields::open("f.yml", node, "a thing", kKeys);
    REQUIRE(fields);
    std::string text = "before";
    bool flag = false;
    Duration time;
    std::uint32_t count = 0;
    double share = 0;
    ActionMode mode = ActionMode::Observe;
    std::vector<std::string> list;
    CHECK(fields->take("text", text, 10));
    CHECK(fields->take("flag", flag));
    CHECK(fields->take("time", time, seconds(1), hours(1)));
    CHECK(fields->take("count", count, 0, 10));
    CHECK(fields->take("share", share, 0, 1));
    CHECK(fields->take("mode", mode));
    CHECK(fields->take("list", list, 2, 10));
    CHECK(text == "a");
    CHECK(flag);
    CHECK(time == minutes(15));
    CHECK(count == 3);
    CHECK(share == doctest::Approx(0.5));
    CHECK(mode == ActionMode::Auto);
    CHECK(list == std::vector<std::string>{"a", "b"});
    CHECK(fields->take("missing", text, 10));
    CHECK(text == "a");
    CHECK(fields->require("text"));
    CHECK(fields->require("missing").error().text == "f.yml:1:1: a thing needs `missing:`");
}

TEST_CASE("yaml fields: every complaint has its place and what was expected") {
    const YamlNode node = parse(
        "text: 5\nflag: 1\ntime: 90\ncount: 11\nshare: .nan\nmode: always\nlist: [a, b, 3]\n");
    const auto fields = YamlFields::open("f.yml", node, "a thing", kKeys);
    REQUIRE(fields);
    std::string text;
    bool flag = false;
    Duration time;
    std::uint32_t count = 0;
    double share = 0;
    ActionMode mode = ActionMode::Observe;
    std::vector<std::string> list;
    CHECK(said(fields->take("text", text, 9)) == "f.yml:1:7: text: expected text, got '5'");
    CHECK(said(fields->take("flag", flag)) == "f.yml:2:7: flag: expected true or false, got '1'");
    CHECK(said(fields->take("time", time, seconds(1), hours(1))).find("30s, 15m") !=
          std::string::npos);
    CHECK(said(fields->take("count", count, 0, 10)).find("a whole number from 0 to 10") !=
          std::string::npos);
    CHECK_FALSE(fields->take("share", share, 0, 1));
    CHECK(said(fields->take("mode", mode)).find("observe, recommend or auto, got 'always'") !=
          std::string::npos);
    CHECK(said(fields->take("list", list, 2, 9)).find("3 items, at most 2") != std::string::npos);
    CHECK(said(fields->take("list", list, 3, 9)).find("7:14: list: expected text") !=
          std::string::npos);
}

TEST_CASE("yaml fields: an unknown key and a thing that is no mapping are refused") {
    const YamlNode typo = parse("txet: a\n");
    const auto fields = YamlFields::open("f.yml", typo, "a thing", kKeys);
    REQUIRE_FALSE(fields);
    CHECK(fields.error().text.view().find("f.yml:1:1: a thing has no key 'txet' (did you mean "
                                          "'text'?); keys: text flag") == 0);
    const YamlNode list = parse("- a\n");
    CHECK(YamlFields::open("f.yml", list, "a thing", kKeys)
              .error()
              .text.view()
              .find("a thing must be a mapping") != std::string_view::npos);
}

TEST_CASE("yaml fields: a duration outside of its range says the range") {
    const YamlNode node = parse("time: 2h\n");
    const auto fields = YamlFields::open("f.yml", node, "a thing", kKeys);
    REQUIRE(fields);
    Duration time;
    CHECK(said(fields->take("time", time, seconds(1), hours(1))) ==
          "f.yml:1:7: time: 2h is outside of 1s to 1h");
}

}  // namespace
}  // namespace homeostat
