#include "agent/config/config_reader.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace homeostat;

namespace {

struct Read {
    std::string text = "default";
    bool flag = false;
    double number = 0.5;
    std::size_t count = 3;
    Duration duration = seconds(1);
    std::vector<std::string> texts;
    std::size_t choice = 0;
    std::vector<Error> errors;
};

Read read(std::string_view yaml) {
    Read out;
    const auto document = parse_yaml(yaml, "test.yml");
    REQUIRE(document);
    const ConfigContext context{"test.yml", out.errors};
    static constexpr std::array<std::string_view, 2> kNames{"gzip", "zstd"};
    ConfigReader reader(*document, context);
    reader.text("text", out.text);
    reader.flag("flag", out.flag);
    reader.number("number", out.number, {0, 1});
    reader.count("count", out.count, {1, 10});
    reader.duration("duration", out.duration, {seconds(1), minutes(1)});
    reader.texts("texts", out.texts);
    reader.choice("choice", out.choice, kNames);
    reader.finish();
    return out;
}

}  // namespace

TEST_CASE("config_reader: reads each kind of value, and leaves defaults where nothing is said") {
    const Read all = read(
        "text: hello\nflag: yes\nnumber: 0.25\ncount: 7\nduration: 30s\n"
        "texts: [a, b]\nchoice: zstd\n");
    CHECK(all.errors.empty());
    CHECK(all.text == "hello");
    CHECK(all.flag);
    CHECK(all.number == 0.25);
    CHECK(all.count == 7);
    CHECK(all.duration.ns == seconds(30).ns);
    CHECK(all.texts == std::vector<std::string>{"a", "b"});
    CHECK(all.choice == 1);
    const Read none = read("");
    CHECK(none.errors.empty());
    CHECK(none.text == "default");
}

TEST_CASE("config_reader: a wrong value is an error with its place and what was expected") {
    struct Row {
        std::string_view yaml;
        std::string_view error;
    };
    for (const Row& row :
         {Row{"text: [a]", "test.yml:1:7: text: expected text, got a list"},
          Row{"flag: maybe", "test.yml:1:7: flag: expected true or false, got 'maybe'"},
          Row{"number: 2", "test.yml:1:9: number: expected a number from 0 to 1, got '2'"},
          Row{"count: -1", "test.yml:1:8: count: expected a whole number from 1 to 10, got '-1'"},
          Row{"duration: 5",
              "test.yml:1:11: duration: expected a duration from 1s to 1m such as "
              "'30s', got '5'"},
          Row{"texts: a", "test.yml:1:8: texts: expected a list, got 'a'"},
          Row{"choice: gzib",
              "test.yml:1:9: choice: expected one of gzip, zstd, got 'gzib' (did you mean "
              "'gzip'?)"},
          Row{"\ncuont: 5", "test.yml:2:1: unknown key 'cuont' (did you mean 'count'?)"}}) {
        CAPTURE(row.yaml);
        const Read result = read(row.yaml);
        REQUIRE(result.errors.size() == 1);
        CHECK(result.errors[0].text == row.error);
        CHECK(result.count == 3);
        CHECK(result.number == 0.5);
    }
}

TEST_CASE("config_reader: every error is told, not only the first") {
    CHECK(read("text: [a]\nflag: 3\nnope: 1\n").errors.size() == 3);
    CHECK(read("- a\n- b\n").errors.size() == 1);
}
