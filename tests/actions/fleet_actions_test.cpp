#include "actions/fleet_actions.hpp"

#include <doctest/doctest.h>

#include "tests/support/bundle_shape.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr const char* kOwners = R"(- rules:
    - {name: own, condition: event.value > 1, mode: auto, ladder: [own harder],
       action: {run_playbook: {name: own.yml}}}
    - {name: own harder, condition: event.value > 1, action: {run_playbook: {name: own.yml}}}
)";

std::string rule(const std::string& name, const std::string& more = "") {
    return fmt::format(
        "rules:\n  web.yml: |\n    - rules:\n        - {{name: {}, condition: event.value > 1,"
        " mode: auto, {}action: {{run_playbook: {{name: clean.yml}}}}}}\n"
        "playbooks: {{clean.yml: \"- hosts: all\\n\"}}\n",
        name, more);
}

struct Rig {
    Rig() {
        directory.write("playbooks/own.yml", "- hosts: all\n");
        config.directory = directory.path();
        REQUIRE(parse_rulebook("own.yml", kOwners, config.rules));
        REQUIRE(resolve_ladders(config.rules));
        config.allow_list.trust.max_mode = ActionMode::Recommend;
        config.allow_list.trust.approvals = true;
        config.hash = 5;
    }

    Status add(const std::string& body, std::uint64_t version = 7) {
        test::BundleShape shape;
        shape.version = version;
        shape.body = body;
        const auto bundle = parse_bundle("b.yml", text_of(shape));
        if (!bundle) return bundle.error();
        return add_fleet_actions(config, *bundle, host);
    }

    test::TemporaryDirectory directory;
    ActionConfig config;
    HostFacts host{{}, {{"host", "web1"}, {"machine", "feed"}}};
};

constexpr std::int64_t kNow = test::ManualClock::kStartUnixNs + 1;

}  // namespace

TEST_CASE("fleet_actions: rules come behind the owner's, capped, and go away without a trace") {
    Rig rig;
    REQUIRE(rig.add(rule("clean")));
    REQUIRE(rig.config.rules.size() == 3);
    const Rule& clean = rig.config.rules[2];
    CHECK(clean.from_fleet);
    CHECK(clean.mode == ActionMode::Recommend);  // it asked for auto
    CHECK(clean.file == "bundle prod 7: rules/web.yml");
    REQUIRE(fleet_playbook(rig.config, clean) != nullptr);
    CHECK(*fleet_playbook(rig.config, clean) == "- hosts: all\n");
    CHECK(playbook_place(rig.config, clean) == "bundle prod 7: playbooks/clean.yml");
    CHECK(rig.config.rules[0].mode == ActionMode::Auto);
    CHECK(fleet_playbook(rig.config, rig.config.rules[0]) == nullptr);
    CHECK(rig.config.rules[0].rungs == std::vector<std::uint16_t>{1});
    CHECK(rig.config.hash != 5);
    drop_fleet_actions(rig.config);
    CHECK(rig.config.rules.size() == 2);
    CHECK(rig.config.rules[0].rungs == std::vector<std::uint16_t>{1});
    CHECK(rig.config.hash == 5);
    CHECK(rig.config.fleet.playbooks.empty());
}

TEST_CASE("fleet_actions: every byte of a bundle is in the hash") {
    Rig a;
    Rig b;
    REQUIRE(a.add(rule("clean")));
    REQUIRE(b.add(rule("clean") + "# more\n"));
    CHECK(a.config.hash != b.config.hash);
    Rig c;
    REQUIRE(c.add("series_max: 100\n"));  // settings alone are no matter of the actuator's
    CHECK(c.config.hash == 5);
}

TEST_CASE("fleet_actions: nothing of the owner's is replaced, and a fault adds nothing") {
    struct Row {
        std::string body;
        const char* says;
    };
    for (const Row& row : {
             Row{rule("own"), "own"},
             Row{"playbooks: {own.yml: x}\n", "playbooks/own.yml: this host has its own"},
             Row{rule("clean", "ladder: [own harder], "), "is on a ladder already"},
             Row{rule("clean", "ladder: [nowhere], "), "is no rule"},
             Row{"rules:\n  a.yml: |\n    - rules:\n        - {name: x, condition: event.value > 1,"
                 " action: {run_playbook: {name: gone.yml}}}\n",
                 "bundle prod 7: rules/a.yml:2:1: rule 'x': there is no playbook gone.yml"},
             Row{"rules: {a.yml: 'what'}\n", "bundle prod 7: rules/a.yml:1:1"},
         }) {
        CAPTURE(row.body);
        Rig rig;
        const auto added = rig.add(row.body);
        REQUIRE_FALSE(added);
        CAPTURE(std::string(added.error().text.view()));
        CHECK(added.error().text.view().find(row.says) != std::string_view::npos);
        CHECK(rig.config.rules.size() == 2);
        CHECK(rig.config.hash == 5);
        CHECK(rig.config.fleet.name.empty());
        CHECK(rig.config.rules[0].rungs == std::vector<std::uint16_t>{1});
    }
    // Of the owner's rules only one that is on no ladder could be named: it would act no more.
    Rig rig;
    rig.config.rules[0].ladder.clear();
    const auto added = rig.add(rule("clean", "ladder: [own harder], "));
    REQUIRE_FALSE(added);
    CHECK(added.error().text.view().find("is this host's own") != std::string_view::npos);
    CHECK_FALSE(rig.config.rules[1].below);
}

TEST_CASE("fleet_actions: an approval covers what it says, when it says, where it says") {
    Rig rig;
    REQUIRE(
        rig.add("approvals:\n"
                "  - {rule: own, target: /srv, host: web1, until: '2026-11-21T00:00:00Z'}\n"
                "  - {rule: own, host: other, until: '2026-11-21T00:00:00Z'}\n"
                "  - {playbook: own.yml, incident: abc, from: '2026-11-20T13:00:00Z',"
                " until: '2026-11-20T14:00:00Z', times: 2}\n"));
    const auto& approvals = rig.config.fleet.approvals;
    REQUIRE(approvals.size() == 2);  // not the other host's
    const Rule& own = rig.config.rules[0];
    const Rule& harder = rig.config.rules[1];
    CHECK(covers(approvals[0], own, "/srv", "any", kNow));
    CHECK_FALSE(covers(approvals[0], own, "/var", "any", kNow));
    CHECK_FALSE(covers(approvals[0], harder, "/srv", "any", kNow));
    CHECK_FALSE(covers(approvals[0], own, "/srv", "any", kNow - 2));             // before
    CHECK_FALSE(covers(approvals[0], own, "/srv", "any", kNow + hours(12).ns));  // after
    CHECK_FALSE(covers(approvals[1], own, "/x", "abc", kNow));                   // too early
    CHECK(covers(approvals[1], own, "/x", "abc", kNow + hours(1).ns));
    CHECK(covers(approvals[1], harder, "/y", "abc", kNow + hours(1).ns));
    CHECK_FALSE(covers(approvals[1], own, "/x", "abd", kNow + hours(1).ns));
    CHECK_FALSE(covers(approvals[1], own, "/x", "abc", kNow + hours(2).ns));
}

TEST_CASE("fleet_actions: a host that does not let a fleet approve takes no approval") {
    Rig rig;
    rig.config.allow_list.trust.approvals = false;
    REQUIRE(rig.add("approvals: [{rule: own, until: '2026-11-21T00:00:00Z'}]\n"));
    CHECK(rig.config.fleet.approvals.empty());
}
