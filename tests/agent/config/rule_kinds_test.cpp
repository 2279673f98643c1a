#include "agent/config/rule_kinds.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <filesystem>
#include <set>

#include "core/file.hpp"

using namespace homeostat;

namespace {

std::vector<Error> errors_of(std::string_view condition,
                             std::span<const Condition> conditions = stock_conditions()) {
    ActionConfig config;
    const auto parsed =
        parse_rulebook("r.yml",
                       fmt::format("- rules:\n    - name: r\n      condition: >-\n        {}\n"
                                   "      action: {{run_playbook: {{name: a.yml}}}}\n",
                                   condition),
                       config.rules);
    REQUIRE_MESSAGE(parsed, std::string(parsed ? "" : parsed.error().text.c_str()));
    return unknown_rule_kinds(config, conditions);
}

}  // namespace

TEST_CASE("rule kinds: what an incident can be is known, wherever in the condition it stands") {
    for (const char* condition :
         {"event.kind == 'service_failed'", "'service_failed' == event.kind",
          "event.kind in ['service_failed', 'filesystem_space']", "event.kind != 'service_failed'",
          "event.value > 1 and not (event.kind == 'filesystem_space')",
          "event.kind is match('service_.*')", "event.subject == 'service_faild'"}) {
        CAPTURE(condition);
        CHECK(errors_of(condition).empty());
    }
}

TEST_CASE("rule kinds: a kind that no incident has is an error with the nearest one") {
    for (const char* condition : {"event.kind == 'service_faild'", "'service_faild' == event.kind",
                                  "event.kind in ['filesystem_space', 'service_faild']",
                                  "event.value > 1 and not (event.kind != 'service_faild')"}) {
        CAPTURE(condition);
        const auto errors = errors_of(condition);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].text.view() ==
              "r.yml:2: rule 'r': no incident is a 'service_faild' (did you mean "
              "'service_failed'?); the kinds are in docs/conditions.md");
    }
}

TEST_CASE("rule kinds: what the owner's own conditions open incidents with is known too") {
    Condition own;
    own.name = "queue_long";
    own.incident = "mail_queue";
    CHECK(errors_of("event.kind == 'mail_queue'").size() == 1);
    CHECK(errors_of("event.kind == 'mail_queue'", {&own, 1}).empty());
}

TEST_CASE("rule kinds: a silence names a kind or a condition there is") {
    const auto conditions = stock_conditions();
    for (const char* name : {"filesystem_space", "filesystem_full", "learned_joint"}) {
        CAPTURE(name);
        CHECK(check_kind_or_condition(name, conditions));
    }
    const auto typo = check_kind_or_condition("filesystem_spce", conditions);
    REQUIRE_FALSE(typo);
    CHECK(typo.error().text.view().find("'filesystem_spce' (did you mean 'filesystem_space'?)") !=
          std::string_view::npos);
    CHECK_FALSE(check_kind_or_condition("mine", conditions));
    Condition own;
    own.name = "mine";
    own.incident = "my_kind";
    CHECK(check_kind_or_condition("mine", std::span<const Condition>(&own, 1)));
    CHECK(check_kind_or_condition("my_kind", std::span<const Condition>(&own, 1)));
}

TEST_CASE("rule kinds: the shipped rules name kinds there are, and every stock remedy is shipped") {
    const std::filesystem::path examples = "packaging/examples";
    ActionConfig config;
    std::set<std::string> shipped;
    for (const char* folder : {"rules", "playbooks", "units"}) {
        for (const auto& file : std::filesystem::directory_iterator(examples / folder)) {
            shipped.insert(file.path().stem().string());
            if (folder != std::string_view("rules")) continue;
            const std::string text = *read_file(file.path().string(), 1 << 20);
            REQUIRE(parse_rulebook(file.path().string(), text, config.rules));
        }
    }
    CHECK(unknown_rule_kinds(config, stock_conditions()).empty());
    for (const Condition& condition : stock_conditions()) {
        CAPTURE(condition.remedy);
        CHECK((condition.remedy.empty() || shipped.count(std::string(condition.remedy)) == 1));
    }
    for (const ForecastRule& rule : stock_forecasts()) {
        CHECK((rule.remedy.empty() || shipped.count(std::string(rule.remedy)) == 1));
    }
}
