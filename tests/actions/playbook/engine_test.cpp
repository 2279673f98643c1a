#include "actions/playbook/engine.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace {

// The names of the tasks that ran, joined by blanks.
std::string names_of(const RunReport& report) {
    std::string names;
    for (const TaskReport& task : report.tasks) names += (names.empty() ? "" : " ") + task.name;
    return names;
}

std::string totals_of(const RunReport& report) {
    const Totals& t = report.totals;
    return fmt::format("ok {} changed {} failed {} skipped {} rescued {} ignored {}", t.ok,
                       t.changed, t.failed, t.skipped, t.rescued, t.ignored);
}

}  // namespace

TEST_CASE("engine: a failure ends the play, unless it is ignored") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - {name: a, fail: {msg: x}, ignore_errors: true}\n"
        "    - {name: b, fail: }\n"
        "    - {name: c, debug: }\n");
    CHECK(names_of(*report) == "a b");
    CHECK(report->failed);
    CHECK(totals_of(*report) == "ok 1 changed 0 failed 1 skipped 0 rescued 0 ignored 1");
}

TEST_CASE("engine: rescue runs after a failure, always in every case") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - block:\n"
        "        - {name: a, fail: {msg: trouble}}\n"
        "        - {name: never, debug: }\n"
        "      rescue:\n"
        "        - {name: b, debug: {msg: '{{ ansible_failed_task.name }} {{ "
        "ansible_failed_result.msg }}'}}\n"
        "      always:\n"
        "        - {name: c, debug: }\n"
        "    - block: [{name: d, debug: }]\n"
        "      rescue: [{name: never, debug: }]\n"
        "      always: [{name: e, debug: }]\n"
        "    - {name: f, debug: }\n");
    CHECK(names_of(*report) == "a b c d e f");
    CHECK(report->tasks[1].outcome.message.text() == "a trouble");
    CHECK_FALSE(report->failed);
    CHECK(totals_of(*report) == "ok 5 changed 0 failed 0 skipped 0 rescued 1 ignored 0");
}

TEST_CASE("engine: a failing rescue fails the block after always") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - block: [{name: a, fail: }]\n"
        "      rescue: [{name: b, fail: }]\n"
        "      always: [{name: c, debug: }]\n"
        "    - {name: never, debug: }\n");
    CHECK(names_of(*report) == "a b c");
    CHECK(report->failed);
    CHECK(totals_of(*report) == "ok 1 changed 0 failed 1 skipped 0 rescued 1 ignored 0");
}

TEST_CASE("engine: a failure in always fails the block, an outer rescue helps") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - block:\n"
        "        - block: [{name: a, debug: }]\n"
        "          always: [{name: b, fail: }]\n"
        "        - {name: never, debug: }\n"
        "      rescue: [{name: c, debug: }]\n");
    CHECK(names_of(*report) == "a b c");
    CHECK_FALSE(report->failed);
    CHECK(report->totals.rescued == 1);
}

TEST_CASE("engine: what the policy forbids is not rescued and not ignored, and always still runs") {
    test::PlayFixture play;
    play.policy.path_root = "/srv/";
    const auto report = play.run_tasks(
        "    - set_fact: {p: /etc/x}\n"
        "    - block: [{name: a, stat: {path: '{{ p }}'}, ignore_errors: true}]\n"
        "      rescue: [{name: never, debug: }]\n"
        "      always: [{name: b, debug: }]\n"
        "    - {name: never, debug: }\n");
    REQUIRE(report);
    CHECK(names_of(*report) == "set_fact a b");
    CHECK(report->failed);
    CHECK(report->tasks[1].denied);
    CHECK_FALSE(report->tasks[1].ignored);
    CHECK(report->totals.failed == 1);
}

TEST_CASE("engine: a denied item ends its loop") {
    test::PlayFixture play;
    play.policy.path_root = "/srv/";
    const auto report =
        play.run_tasks("    - stat: {path: '{{ item }}'}\n      loop: [/srv/a, /etc/x, /srv/b]\n");
    REQUIRE(report);
    CHECK(report->tasks[0].items.size() == 2);
}

TEST_CASE("engine: handlers run once, in their order, when something changed") {
    test::PlayFixture play;
    for (int i = 0; i < 3; ++i) play.spawner.answer(test::PlayFixture::exits(0));
    const auto report = play.run_tasks(
        "    - {name: a, command: 'true', notify: [two, one]}\n"
        "    - {name: b, command: 'true', notify: one}\n"
        "    - {name: c, debug: , notify: never}\n"
        "    - {name: d, command: 'true', when: false, notify: never}\n"
        "    - meta: flush_handlers\n"
        "    - {name: e, command: 'true', notify: topic}\n",
        "  handlers:\n"
        "    - {name: one, debug: , changed_when: true, notify: three}\n"
        "    - {name: never, debug: }\n"
        "    - {name: two, debug: }\n"
        "    - {name: three, debug: , listen: [topic, other]}\n");
    CHECK(names_of(*report) == "a b c d one two three e three");
    CHECK(report->tasks[4].handler);
}

TEST_CASE("engine: handlers that wait are not run when the play fails or is ended") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0));
    play.spawner.answer(test::PlayFixture::exits(0));
    const std::string_view handlers = "  handlers: [{name: h, debug: }]\n";
    const auto failed = play.run_tasks(
        "    - {name: a, command: 'true', notify: h}\n    - {name: b, fail: }\n", handlers);
    CHECK(names_of(*failed) == "a b");
    const auto ended = play.run_tasks(
        "    - {name: a, command: 'true', notify: h}\n    - meta: end_play\n    - {name: b, debug: "
        "}\n",
        handlers);
    CHECK(names_of(*ended) == "a");
    CHECK_FALSE(ended->failed);
}

TEST_CASE("engine: tags") {
    const std::string_view tasks =
        "    - {name: plain, debug: }\n"
        "    - {name: a, debug: , tags: a}\n"
        "    - {name: ab, debug: , tags: [a, b]}\n"
        "    - {name: always, debug: , tags: always}\n"
        "    - {name: never, debug: , tags: [never, n]}\n"
        "    - {tags: c, block: [{name: inner, debug: }]}\n";
    struct Row {
        std::vector<std::string> tags;
        std::vector<std::string> skip;
        std::string_view ran;
    };
    for (const Row& row : {
             Row{{}, {}, "plain a ab always inner"},
             Row{{"a"}, {}, "a ab always"},
             Row{{"a"}, {"b"}, "a always"},
             Row{{}, {"a", "always"}, "plain inner"},
             Row{{"n"}, {}, "always never"},
             Row{{"never"}, {}, "always never"},
             Row{{"c", "b"}, {}, "ab always inner"},
             Row{{"all"}, {}, "plain a ab always inner"},
             Row{{"tagged"}, {}, "a ab always inner"},
             Row{{"untagged"}, {}, "plain always"},
             Row{{}, {"tagged"}, "plain"},
             Row{{}, {"untagged"}, "a ab always inner"},
             Row{{"nosuch"}, {}, "always"},
         }) {
        test::PlayFixture play;
        play.options.tags = row.tags;
        play.options.skip_tags = row.skip;
        const auto report = play.run_tasks(tasks);
        REQUIRE(report);
        CHECK(names_of(*report) == row.ran);
    }
}

TEST_CASE("engine: names are templates, and stay as they are when they cannot be evaluated") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - {name: 'got {{ 1 + 1 }}', debug: }\n"
        "    - {name: 'item {{ item }}', debug: , loop: [1]}\n"
        "    - ansible.builtin.debug:\n"
        "    - debug:\n");
    CHECK(names_of(*report) == "got 2 item 1 ansible.builtin.debug debug");
}

TEST_CASE("engine: results have a name as written where Ansible never evaluates it") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - {name: '{{ 1 }} ran', debug: }\n"
        "    - {name: '{{ 1 }} skipped', debug: , when: false}\n"
        "    - {name: '{{ 1 }} of none', debug: , loop: []}\n"
        "    - {name: '{{ 1 }} all skipped', debug: , loop: [1], when: false}\n"
        "    - {name: '', debug: }\n"
        "    - {name: '{{ 1 }} failed', debug: , when: nowhere, ignore_errors: true}\n");
    REQUIRE(report);
    CHECK(names_of(*report) == "1 ran 1 skipped 1 of none 1 all skipped debug 1 failed");
    const std::string json = to_json(*report);
    for (const std::string_view name : {"1 ran", "{{ 1 }} skipped", "{{ 1 }} of none",
                                        "{{ 1 }} all skipped", "debug", "{{ 1 }} failed"}) {
        CAPTURE(name);
        CHECK(json.find(fmt::format("\"name\":\"{}\"", name)) != std::string::npos);
    }
}

TEST_CASE("engine: a task without a name fails without one") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - block: [{fail: }]\n"
        "      rescue: [{debug: {msg: \"[{{ ansible_failed_task.name }}]\"}}]\n");
    REQUIRE(report);
    CHECK(report->tasks[1].outcome.message.text() == "[]");
}

TEST_CASE("engine: a rescue that tags leave out is none") {
    test::PlayFixture play;
    const std::string_view tasks =
        "    - block: [{name: a, fail: , tags: x}]\n"
        "      rescue: [{name: b, debug: , tags: y}, {block: [{name: c, debug: , tags: y}]}]\n"
        "      always: [{name: d, debug: , tags: x}]\n"
        "    - {name: e, debug: , tags: x}\n";
    play.options.tags = {"x"};
    CHECK(names_of(*play.run_tasks(tasks)) == "a d");
    play.options.tags = {"x", "y"};
    CHECK(names_of(*play.run_tasks(tasks)) == "a b c d e");
}

TEST_CASE("engine: a block's condition counts for every task, before the task's own") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - when: no_such_thing is defined\n"
        "      block:\n"
        "        - {name: a, debug: , when: nosuch > 1}\n"
        "      always:\n"
        "        - {name: b, debug: }\n"
        "    - ignore_errors: true\n"
        "      block:\n"
        "        - {name: c, fail: }\n"
        "        - {name: d, fail: , ignore_errors: false}\n");
    CHECK(names_of(*report) == "a b c d");
    CHECK(report->tasks[0].outcome.skipped);
    CHECK(report->tasks[1].outcome.skipped);
    CHECK(report->tasks[2].ignored);
    CHECK(report->failed);
}

}  // namespace homeostat::playbook
