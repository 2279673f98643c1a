#include "actions/approval.hpp"

#include <doctest/doctest.h>

#include <string>

namespace homeostat {
namespace {

ActionConfig sample_config() {
    ActionConfig config;
    REQUIRE(parse_rulebook("r.yml",
                           "- rules:\n"
                           "    - name: tell\n      condition: event.value > 0\n"
                           "      action: {run_playbook: {name: tell.yml}}\n"
                           "    - name: clean\n      condition: event.value > 0\n"
                           "      mode: recommend\n"
                           "      action: {run_playbook: {name: clean.yml}}\n",
                           config.rules));
    auto list = parse_allow_list("allow.yml",
                                 "version: 1\nwatcher_uid: 1\nmax_mode: auto\nactions:\n"
                                 "  - rule: clean\n    playbook: clean.yml\n"
                                 "    max_mode: recommend\n    targets: [/srv/a, /srv/b]\n"
                                 "    requires: nothing\n");
    REQUIRE(list);
    config.allow_list = std::move(*list);
    config.has_allow_list = true;
    config.hash = 77;
    return config;
}

Incident waiting(std::string_view mode, std::string_view rule = "clean",
                 std::string_view mount = "/srv/b") {
    Incident incident;
    incident.id.bytes[0] = 9;
    incident.subject = {.kind = SubjectKind::Mount, .name = mount};
    ActionRecord action;
    action.rule = rule;
    action.playbook = "clean.yml";
    action.mode = mode;
    REQUIRE(incident.actions.push(action));
    return incident;
}

TEST_CASE("approval: what an incident waits for becomes a request in mode recommend") {
    const ActionConfig config = sample_config();
    const auto request = approval_of(config, waiting("recommend"));
    REQUIRE(request);
    CHECK(request->opcode == Opcode::Run);
    CHECK(request->mode == ActionMode::Recommend);
    CHECK(request->rule == 1);
    CHECK(request->target == 1);
    CHECK(request->config_hash == 77);
    CHECK(request->incident.bytes[0] == 9);
    CHECK(request->length_s == 0);
}

TEST_CASE("approval: what is approved is what was recommended, whoever is to blame by now") {
    const ActionConfig config = sample_config();
    Incident incident = waiting("recommend");
    incident.actions[0].target = "/srv/a";
    const auto request = approval_of(config, incident);
    REQUIRE(request);
    CHECK(request->target == 0);
    incident.actions[0].target = "/srv/c";
    CHECK(approval_of(config, incident).error().text ==
          "allow.yml has no entry for rule 'clean' on '/srv/c'");
}

TEST_CASE("approval: an incident that waits for nothing, or for what is gone, is told so") {
    const ActionConfig config = sample_config();
    CHECK_FALSE(approval_of(config, Incident{}));
    CHECK_FALSE(approval_of(config, waiting("auto")));
    const auto gone = approval_of(config, waiting("recommend", "renamed"));
    REQUIRE_FALSE(gone);
    CHECK(gone.error().text == "no rule is called 'renamed'");
    const auto elsewhere = approval_of(config, waiting("recommend", "clean", "/srv/c"));
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().text == "allow.yml has no entry for rule 'clean' on '/srv/c'");
}

TEST_CASE("approval: in advance it names rule and target as allow.yml writes them") {
    const ActionConfig config = sample_config();
    const auto request = approval_in_advance(config, "clean", "/srv/a", hours(2));
    REQUIRE(request);
    CHECK(request->opcode == Opcode::Approve);
    CHECK(request->rule == 1);
    CHECK(request->target == 0);
    CHECK(request->length_s == 7200);
    CHECK(approval_in_advance(config, "clean", "/srv/a", Duration{})->length_s == 0);
    CHECK_FALSE(approval_in_advance(config, "clean", "/srv", hours(2)));
    CHECK_FALSE(approval_in_advance(config, "tell", "/srv/a", hours(2)));
    CHECK_FALSE(approval_in_advance(config, "", "", hours(2)));
}

}  // namespace
}  // namespace homeostat
