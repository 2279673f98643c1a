#include "actions/actuator_options.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace homeostat {
namespace {

Result<ActuatorOptions> parse(const std::vector<const char*>& arguments) {
    return parse_actuator_options(arguments);
}

TEST_CASE("actuator options: every option, with a blank or with =") {
    const auto options = parse({"--config", "/a", "--state=/b", "--listen", "/c", "--idle-exit=2m",
                                "--watcher-uid", "998", "--check"});
    REQUIRE(options);
    CHECK(options->config == "/a");
    CHECK(options->state == "/b");
    CHECK(options->listen == "/c");
    CHECK(options->idle_exit == minutes(2));
    CHECK(options->watcher_uid == 998U);
    CHECK(options->check);
    const auto none = parse({});
    REQUIRE(none);
    CHECK(none->config == "/etc/homeostat");
    CHECK(none->listen.empty());
    CHECK_FALSE(none->watcher_uid);
    CHECK(parse({"--idle-exit", "0"})->idle_exit == Duration{});
    CHECK(parse({})->age_floor == hours(1));
    CHECK(parse({"--age-floor", "5s"})->age_floor == seconds(5));
}

TEST_CASE(
    "actuator options (RULES B27): anything else, `--unsafe` too, is refused with what was meant") {
    struct Row {
        std::vector<const char*> arguments;
        std::string_view says;
    };
    for (const Row& row :
         {Row{{"--confg", "/a"}, "did you mean '--config'"},
          Row{{"--unsafe"}, "unknown option '--unsafe'"}, Row{{"start"}, "unknown option 'start'"},
          Row{{"--config"}, "--config needs a value"}, Row{{"--config="}, "--config needs a value"},
          Row{{"--idle-exit", "5"}, "--idle-exit:"}, Row{{"--age-floor", "5"}, "--age-floor:"},
          Row{{"--watcher-uid", "-1"}, "expected a number, got '-1'"},
          Row{{"--watcher-uid", "4294967295"}, "expected a number"},
          Row{{""}, "unknown option ''"}}) {
        CAPTURE(row.says);
        const auto options = parse(row.arguments);
        REQUIRE_FALSE(options);
        CHECK(options.error().text.view().find(row.says) != std::string_view::npos);
    }
}

TEST_CASE("actuator options: the help names every option and shows examples") {
    for (const char* text : {"--config", "--state", "--listen", "--idle-exit", "--watcher-uid",
                             "--check", "--version", "Examples:"}) {
        CAPTURE(text);
        CHECK(actuator_help().find(text) != std::string_view::npos);
    }
}

}  // namespace
}  // namespace homeostat
