#include "actions/playbook/run.hpp"

#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("run: the report as JSON has every task, its items and the totals") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0, "out\n"));
    const auto report = play.run_tasks(
        "    - {name: a, command: 'true'}\n"
        "    - {name: b, debug: {msg: '{{ item }}'}, loop: [1]}\n"
        "    - {name: c, debug: , when: false}\n");
    REQUIRE(report);
    CHECK(
        to_json(*report) ==
        R"({"tasks":[{"name":"a","module":"command","changed":true,"failed":false,)"
        R"("skipped":false,"rc":0,"stdout":"out","ignored":false},)"
        R"({"name":"b","module":"debug","changed":false,"failed":false,"skipped":false,)"
        R"("ignored":false,"items":[{"changed":false,"failed":false,"skipped":false,"msg":1,"item":1}]},)"
        R"({"name":"c","module":"debug","changed":false,"failed":false,"skipped":true,"ignored":false}],)"
        R"("stats":{"ok":2,"changed":1,"failed":0,"skipped":1,"rescued":0,"ignored":0}})");
}

TEST_CASE("run: a refused file runs nothing, and checking alone runs nothing either") {
    test::PlayFixture play;
    const std::string text =
        "- hosts: a\n  gather_facts: false\n  tasks:\n    - command: \"true\"\n    - nosuch:\n";
    CHECK_FALSE(play.run(text));
    CHECK_FALSE(check_playbook({.text = text, .file_name = "f.yml", .extra_variables = {}},
                               play.environment()));
    CHECK(check_playbook({.text = "- hosts: a\n  tasks:\n    - command: \"true\"\n",
                          .file_name = "f.yml",
                          .extra_variables = {}},
                         play.environment()));
    CHECK(play.spawner.asked.empty());
}

TEST_CASE("run: progress tells what begins and what came of it") {
    test::PlayFixture play;
    std::string told;
    play.options.progress.task_begins = [&](std::string_view name, bool) {
        told += "begin " + std::string(name) + ";";
    };
    play.options.progress.task_ended = [&](const TaskReport& task) {
        told += "end " + task.name + ";";
    };
    REQUIRE(play.run_tasks("    - {name: a, debug: }\n    - {name: b, debug: }\n"));
    CHECK(told == "begin a;end a;begin b;end b;");
}

}  // namespace homeostat::playbook
