#include "actions/allow_list.hpp"

#include <doctest/doctest.h>

#include <string>

namespace homeostat {
namespace {

constexpr std::string_view kWhole = R"(version: 1
watcher_uid: homeostat
max_mode: auto
grace_after_boot: 0s
limits: {per_hour: 3, per_day: 10}
actions:
  - rule: clean rotated logs
    playbook: clean-disk.yml
    max_mode: auto
    targets: [/srv/volume, /]
    paths: [/srv/volume, /var/log/app]
    programs: [/usr/bin/df, '/usr/bin/journalctl --lines 50 -- "a b"']
    shell: allow
    min_age: 5s
    owners: [app, '33']
    requires: {filesystem_used_above: 0.80}
    limits: {per_hour: 1, per_day: 2, cooldown: 1m}
    time_limit: 30s
  - rule: restart a failed unit
    playbook: restart-unit.yml
    max_mode: recommend
    targets: [nginx.service]
    requires: {unit_state: failed}
  - rule: collect evidence
    playbook: evidence.yml
    targets: [host]
)";

std::string refusal(std::string_view text) {
    const auto parsed = parse_allow_list("allow.yml", text);
    return parsed ? "" : std::string(parsed.error().text.view());
}

std::string with_action(std::string_view inside) {
    return "version: 1\nwatcher_uid: 1\nactions:\n  - rule: r\n    playbook: p.yml\n" +
           std::string(inside);
}

TEST_CASE("allow-list: a whole file, and the defaults where nothing is written") {
    const auto list = parse_allow_list("allow.yml", kWhole);
    REQUIRE_MESSAGE(list.has_value(), std::string(list ? "" : list.error().text.c_str()));
    CHECK(list->watcher == "homeostat");
    CHECK(list->max_mode == ActionMode::Auto);
    CHECK(list->host_per_hour == 3);
    CHECK(list->host_per_day == 10);
    CHECK(list->grace_after_boot == Duration{});
    REQUIRE(list->actions.size() == 3);
    const AllowedAction& clean = list->actions[0];
    CHECK(clean.rule == "clean rotated logs");
    CHECK(clean.playbook == "clean-disk.yml");
    CHECK(clean.max_mode == ActionMode::Auto);
    CHECK(clean.paths == std::vector<std::string>{"/srv/volume", "/var/log/app"});
    CHECK(clean.programs == std::vector<std::string>{"/usr/bin/df"});
    CHECK(clean.commands == std::vector<std::vector<std::string>>{
                                {"/usr/bin/journalctl", "--lines", "50", "--", "a b"}});
    CHECK(clean.shell);
    CHECK(clean.min_age == seconds(5));
    CHECK(clean.owners == std::vector<std::string>{"app", "33"});
    CHECK(clean.time_limit == seconds(30));
    CHECK(clean.requires_.kind == Precondition::Kind::FilesystemUsedAbove);
    CHECK(clean.requires_.ratio == doctest::Approx(0.8));
    CHECK(clean.limits == ActionLimits{.per_hour = 1, .per_day = 2, .cooldown = minutes(1)});
    CHECK(clean.line == 7);
    const AllowedAction& restart = list->actions[1];
    CHECK(restart.requires_.unit_state == "failed");
    CHECK_FALSE(restart.shell);
    CHECK(restart.min_age == hours(1));
    CHECK(restart.time_limit == seconds(120));
    CHECK(restart.limits == ActionLimits{});
    CHECK(restart.paths.empty());
    CHECK(list->actions[2].max_mode == ActionMode::Observe);
    REQUIRE(list->targets.size() == 4);
    CHECK(list->targets[0].kind == SubjectKind::Mount);
    CHECK(list->targets[2].kind == SubjectKind::Unit);
    CHECK(list->targets[2].action == 1);
    CHECK(list->targets[3].kind == SubjectKind::Host);
}

TEST_CASE("allow-list (RULES B5): only the exact rule, playbook and subject find their target") {
    const auto list = parse_allow_list("allow.yml", kWhole);
    REQUIRE(list);
    const auto find = [&](std::string_view rule, std::string_view playbook, SubjectKind kind,
                          std::string_view name) {
        return list->find_target(rule, playbook, {.kind = kind, .name = name});
    };
    const auto mount = SubjectKind::Mount;
    CHECK(find("clean rotated logs", "clean-disk.yml", mount, "/srv/volume") == 0);
    CHECK(find("clean rotated logs", "clean-disk.yml", mount, "/") == 1);
    CHECK(find("restart a failed unit", "restart-unit.yml", SubjectKind::Unit, "nginx.service") ==
          2);
    CHECK(find("collect evidence", "evidence.yml", SubjectKind::Host, "") == 3);
    CHECK(find("clean rotated logs", "clean-disk.yml", mount, "/srv") == kNoTarget);
    CHECK(find("clean rotated logs", "clean-disk.yml", mount, "/srv/volume/") == kNoTarget);
    CHECK(find("clean rotated logs", "clean-disk.yml", mount, "") == kNoTarget);
    CHECK(find("clean rotated logs", "clean-disk.yml", SubjectKind::Unit, "/srv/volume") ==
          kNoTarget);
    CHECK(find("clean rotated logs", "restart-unit.yml", mount, "/srv/volume") == kNoTarget);
    CHECK(find("Clean rotated logs", "clean-disk.yml", mount, "/srv/volume") == kNoTarget);
    CHECK(find("restart a failed unit", "restart-unit.yml", SubjectKind::Unit, "nginx") ==
          kNoTarget);
}

TEST_CASE("allow-list (RULES B5, C2 row 15): what is empty or missing allows nothing") {
    for (const char* text :
         {"version: 1\nwatcher_uid: 1\n", "version: 1\nwatcher_uid: 1\nactions:\n",
          "version: 1\nwatcher_uid: 1\nactions: []\n"}) {
        const auto list = parse_allow_list("allow.yml", text);
        REQUIRE(list);
        CHECK(list->targets.empty());
        CHECK(list->max_mode == ActionMode::Observe);
    }
    const auto list = parse_allow_list("allow.yml", with_action("    targets: []\n"));
    REQUIRE(list);
    CHECK(list->targets.empty());
    CHECK(list->find_target("r", "p.yml", {}) == kNoTarget);
}

TEST_CASE("allow-list: what cannot be allowed or understood is refused with its place") {
    struct Row {
        std::string text;
        std::string_view says;
    };
    const Row rows[] = {
        {"", "an allow-list must be a mapping"},
        {"[]", "an allow-list must be a mapping"},
        {"watcher_uid: 1\n", "needs `version:`"},
        {"version: 2\nwatcher_uid: 1\n", "version: expected a whole number from 1 to 1"},
        {"version: 1\n", "needs `watcher_uid:`"},
        {"version: 1\nwatcher_uid: -1\n", "a user's number or name"},
        {"version: 1\nwatcher_uid: 4294967295\n", "a user's number or name"},
        {"version: 1\nwatcher_uid: []\n", "a user's number or name"},
        {"version: 1\nwatcher_uid: 1\nmax_moed: auto\n", "did you mean 'max_mode'"},
        {"version: 1\nwatcher_uid: 1\nlimits: {per_hour: 61}\n", "from 0 to 60"},
        {"version: 1\nwatcher_uid: 1\nactions: {}\n", "actions: expected a list"},
        {with_action(""), "an action needs `targets:`"},
        {with_action("    targets: /srv\n"), "targets: expected a list"},
        {with_action("    targets: [nginx]\n"), "not an exact unit name"},
        {with_action("    targets: ['*.service']\n"), "not an exact unit name"},
        {with_action("    targets: [ssh.service]\n"), "its log-in or its network"},
        {with_action("    targets: [/srv/*]\n"), "not an exact mount point"},
        {with_action("    targets: [/srv/]\n"), "not an exact mount point"},
        {with_action("    targets: ['']\n"), "text of 1 to 127 bytes"},
        {with_action("    targets: [5]\n"), "text of 1 to 127 bytes"},
        {with_action("    targets: [/srv/a]\n    paths: [/]\n"),
         "allow.yml:7:13: paths: '/' cannot "
         "be allowed"},
        {with_action("    targets: [/srv/a]\n    paths: [/etc]\n"), "a protected tree"},
        {with_action("    targets: [/srv/a]\n    paths: ['']\n"), "text of 1 to 1024 bytes"},
        {with_action("    targets: [/srv/a]\n    paths: [.]\n"), "not an exact absolute path"},
        {with_action("    targets: [/srv/a]\n    paths: [/srv/a/../../etc]\n"),
         "not an exact absolute path"},
        {with_action("    targets: [/srv/a]\n    paths: [/var]\n"), "above a protected tree"},
        {with_action("    targets: [/srv/a]\n    programs: [df]\n"), "not an exact absolute path"},
        {with_action("    targets: [/srv/a]\n    programs: [/bin/sh]\n"), "whatever it is given"},
        {with_action("    targets: [/srv/a]\n    programs: [/bin/sh -c x]\n"),
         "whatever it is given"},
        {with_action("    targets: [/srv/a]\n    programs: [df -h]\n"), "not an exact absolute"},
        {with_action("    targets: [/srv/a]\n    programs: ['/bin/df \"x']\n"),
         "programs: '/bin/df \"x' cannot be allowed"},
        {with_action("    targets: [/srv/a]\n    programs: ['  ']\n"), "names no program"},
        {with_action("    targets: [/srv/a]\n    shell: yes\n"), "shell: expected deny or allow"},
        {with_action("    targets: [/srv/a]\n    max_mode: auto\n"), "needs `requires:`"},
        {with_action("    targets: [/srv/a]\n    requires: {}\n"), "exactly one of"},
        {with_action("    targets: [/srv/a]\n    requires: everything\n"), "requires must be"},
        {with_action("    targets: [/srv/a]\n    requires: {filesystem_used_above: 80}\n"),
         "a number from 0.01 to 1"},
        {with_action("    targets: [/srv/a]\n    requires: {filesystem_used_above: 0}\n"),
         "a number from 0.01 to 1"},
        {with_action("    targets: [a.service]\n    requires: {unit_state: broken}\n"),
         "one of active"},
        {with_action("    targets: [a.service]\n    requires: {filesystem_used_above: 0.8}\n"),
         "filesystem_used_above is for mount points"},
        {with_action("    targets: [a.service]\n    requires: {mounted: false}\n"),
         "mounted is for mount points"},
        {with_action("    targets: [/srv/a]\n    requires: {mounted: true}\n"),
         "mounted: expected false"},
        {with_action("    targets: [/srv/a]\n    requires: {memory_share_above: 0.5}\n"),
         "memory_share_above is for units"},
        {with_action("    targets: [/srv/a]\n    requires: {cpu_stall_above: 2}\n"),
         "a number from 0.01 to 1"},
        {with_action("    targets: [/srv/a]\n    requires: {unit_stat: failed}\n"),
         "did you mean 'unit_state'"},
        {with_action("    targets: [/srv/a]\n    restrain: 5m\n"), "restrain is for units"},
        {with_action("    targets: [a.service]\n    restrain: 2d\n"), "outside of 1m to"},
        {with_action("    targets: [/srv/a]\n    requires: {unit_state: failed}\n"),
         "unit_state is for units"},
        {with_action("    targets: [/srv/a]\n    time_limit: 2h\n"), "outside of 1s to 1h"},
        {with_action("    targets: [/srv/a]\n    limits: {cooldown: 1d}\n"), "outside of"},
        {with_action("    targets: [/srv/a]\n    run_as: root\n"), "an action has no key 'run_as'"},
        {std::string("version: 1\nversion: 1\n"), "allow.yml:2:1"},
    };
    for (const Row& row : rows) {
        const std::string text = refusal(row.text);
        CAPTURE(row.text);
        CAPTURE(text);
        CHECK(text.find(row.says) != std::string::npos);
        CHECK(text.find("allow.yml:") == 0);
    }
}

TEST_CASE("allow-list (RULES C2 row 20): each limit holds at N-1 and N, and refuses N+1") {
    for (const std::size_t count : {63UL, 64UL, 65UL}) {
        std::string text = with_action("    targets: [");
        for (std::size_t i = 0; i < count; ++i) text += "/srv/a" + std::to_string(i) + ", ";
        CAPTURE(count);
        CHECK(refusal(text + "]\n").empty() == (count <= 64));
    }
    for (const std::size_t count :
         {kAllowedActionsMax - 1, kAllowedActionsMax, kAllowedActionsMax + 1}) {
        std::string text = "version: 1\nwatcher_uid: 1\nactions:\n";
        for (std::size_t i = 0; i < count; ++i) {
            text += "  - {rule: r, playbook: p.yml, targets: [/srv/a]}\n";
        }
        CAPTURE(count);
        CHECK(refusal(text).empty() == (count <= kAllowedActionsMax));
    }
}

TEST_CASE("allow-list: whose bundles may bring actions, and how far they may go") {
    constexpr const char* kKey = "RWRJXHrU/kFktTyduktPmUOtsOhhbhVbxpIVucL+s8vGEG2T752CC62p";
    const auto parse = [&](const std::string& fleet) {
        return parse_allow_list("a.yml", "version: 1\nwatcher_uid: 1\nfleet: " + fleet + "\n");
    };
    const auto list = parse("{keys: ['" + std::string(kKey) + "']}");
    REQUIRE(list);
    REQUIRE(list->trust.keys.size() == 1);
    CHECK(list->trust.max_mode == ActionMode::Observe);  // what is not said is not allowed
    CHECK_FALSE(list->trust.approvals);
    CHECK(list->fleet.at_once == 1);
    CHECK_FALSE(list->lets_act());
    const auto more = parse("{keys: ['" + std::string(kKey) +
                            "'], max_mode: recommend, approvals: yes, at_once: 0.5}");
    REQUIRE(more);
    CHECK(more->trust.max_mode == ActionMode::Recommend);
    CHECK(more->trust.approvals);
    CHECK(more->fleet.at_once == 0.5);
    CHECK(parse("{at_once: 0.5}")->trust.keys.empty());
    for (const std::string& bad :
         {std::string("{keys: [x]}"), "{keys: ['" + std::string(kKey) + "', '" + kKey + "']}",
          std::string("{}"), std::string("{slot: 5m}"),
          std::string("{keys: []"
                      ", slot: 5m}"),
          std::string("{keys: [], max_mode: all}")}) {
        CAPTURE(bad);
        CHECK_FALSE(parse(bad));
    }
}

}  // namespace
}  // namespace homeostat
