#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("command: words of the free form and of argv reach the program as they are") {
    test::PlayFixture play;
    play.extra.set("x", "a*b;$HOME");
    for (int i = 0; i < 3; ++i) play.spawner.answer(test::PlayFixture::exits(0));
    REQUIRE(
        play.run_tasks("    - command: true 'two words' {{ x }}\n"
                       "    - command: {argv: [\"true\", 'a b', '{{ x }} y', 5]}\n"
                       "    - command: \"true one\\n  two\"\n"));
    const auto& asked = play.spawner.asked;
    CHECK(asked[0].argv == std::vector<std::string>{asked[0].argv[0], "two words", "a*b;$HOME"});
    CHECK(asked[0].argv[0].ends_with("/true"));
    CHECK(asked[1].argv == std::vector<std::string>{asked[0].argv[0], "a b", "a*b;$HOME y", "5"});
    CHECK(asked[2].argv.size() == 3);
    CHECK(asked[0].creation_mask == 022);
}

TEST_CASE("command: an outside value stays one word and never becomes an option") {
    test::PlayFixture play;
    for (const std::string_view hostile : {"a b", "a'b", "a\"b", "a\\b", "a\nb", "-rf", "--x=y"}) {
        CAPTURE(hostile);
        play.extra.set("x", hostile);
        const auto report = play.run_tasks("    - command: \"true {{ x }}\"\n");
        REQUIRE(report);
        CHECK(report->tasks[0].outcome.failed);
    }
    play.extra.set("x", "-rf");
    const auto report = play.run_tasks("    - command: {argv: [\"true\", '{{ x }}']}\n");
    CHECK(report->tasks[0].outcome.failed);
    play.extra.set("x", "");
    CHECK(play.run_tasks("    - command: {argv: [\"true\", '{{ x }}-rf']}\n")
              ->tasks[0]
              .outcome.failed);
    CHECK(play.spawner.asked.empty());
    play.extra.set("x", "a b'-");
    play.spawner.answer(test::PlayFixture::exits(0));
    CHECK_FALSE(
        play.run_tasks("    - command: {argv: [\"true\", '{{ x }}', '-{{ x }}']}\n")->failed);
}

TEST_CASE("command: results of what ran") {
    test::PlayFixture play;
    ExitReport killed;
    killed.signal = 15;
    ExitReport late;
    late.timed_out = true;
    ExitReport much;
    much.code = 0;
    much.output = std::string(64 * 1024, 'x');
    much.output_truncated = true;
    play.spawner.answer(test::PlayFixture::exits(3, "a\r\nb\xFF\n\n"));
    play.spawner.answer(killed);
    play.spawner.answer(late);
    play.spawner.answer(much);
    play.spawner.answer(test::PlayFixture::exits(0, "x\n\n"));
    const auto report = play.run_tasks(
        "    - command: \"true\"\n      register: r\n      ignore_errors: true\n"
        "    - command: \"true\"\n      register: k\n      ignore_errors: true\n"
        "    - command: \"true\"\n      register: t\n      ignore_errors: true\n"
        "    - command: \"true\"\n      register: m\n"
        "    - command: {cmd: \"true\", strip_empty_ends: false}\n      register: s\n"
        "    - command: /nonexistent/tool\n      register: n\n      ignore_errors: true\n"
        "    - debug: {msg: '{{ r.stdout_lines | length }} {{ r.msg }} {{ k.rc }} {{ t.rc is "
        "defined }} "
        "{{ m.stdout_truncated }} {{ s.stdout | length }} {{ n.rc }} {{ n is changed }}'}\n");
    REQUIRE(report);
    CHECK(*report->tasks[0].outcome.output == "a\r\nb\xEF\xBF\xBD");
    CHECK(report->tasks[0].outcome.changed);
    CHECK(report->tasks[2].outcome.failed);
    CHECK(report->tasks[6].outcome.message.text() ==
          "2 non-zero return code -15 False True 3 2 False");
}

TEST_CASE("command: creates and removes are shell patterns, relative ones below chdir") {
    test::PlayFixture play;
    play.directory.write("there.1", "");
    play.extra.set("d", play.directory.path());
    play.spawner.answer(test::PlayFixture::exits(0));
    play.spawner.answer(test::PlayFixture::exits(0));
    const auto report = play.run_tasks(
        "    - command: {cmd: \"true\", creates: '{{ d }}/there.*'}\n"
        "    - command: {cmd: \"true\", removes: '{{ d }}/absent*'}\n"
        "    - command: {cmd: \"true\", chdir: '{{ d }}', creates: there.1}\n"
        "    - command: {cmd: \"true\", creates: '{{ d }}/absent', removes: '{{ d }}/there.1'}\n"
        "    - command: {cmd: \"true\", chdir: '{{ d }}/nosuch'}\n      register: r\n      "
        "ignore_errors: true\n"
        "    - command: {cmd: \"true\", chdir: '{{ d }}'}\n");
    REQUIRE(report);
    CHECK(*report->tasks[0].outcome.output ==
          "skipped, since " + play.directory.path() + "/there.* exists");
    CHECK_FALSE(report->tasks[0].outcome.changed);
    CHECK(report->tasks[0].outcome.rc == 0);
    CHECK(*report->tasks[1].outcome.output ==
          "skipped, since " + play.directory.path() + "/absent* does not exist");
    CHECK(*report->tasks[2].outcome.output == "skipped, since there.1 exists");
    CHECK(report->tasks[3].outcome.changed);
    CHECK(report->tasks[4].outcome.failed);
    CHECK_FALSE(report->tasks[4].outcome.rc.has_value());
    CHECK(play.spawner.asked[1].working_directory == play.directory.path());
    CHECK(play.refusal("    - command: {cmd: \"true\", creates: relative}\n") != "accepted");
}

TEST_CASE("command: in check mode nothing is started") {
    test::PlayFixture play;
    play.options.check = true;
    const auto report = play.run_tasks(
        "    - command: \"true\"\n      changed_when: nosuch\n"
        "    - command: {cmd: \"true\", creates: /nonexistent}\n"
        "    - command: {cmd: \"true\", creates: /}\n"
        "    - shell: echo\n");
    REQUIRE(report);
    CHECK(report->tasks[0].outcome.skipped);
    CHECK(report->tasks[0].outcome.rc == 0);
    CHECK(report->tasks[1].outcome.changed);
    CHECK_FALSE(report->tasks[2].outcome.changed);
    CHECK(report->tasks[3].outcome.skipped);
    CHECK(play.spawner.asked.empty());
    play.spawner.answer(test::PlayFixture::exits(0));
    CHECK_FALSE(
        play.run_tasks("    - {command: \"true\", check_mode: false}\n")->tasks[0].outcome.skipped);
    CHECK(play.spawner.asked.size() == 1);
}

TEST_CASE("shell: text goes to sh as one argument, stdin gets its newline") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0));
    play.spawner.answer(test::PlayFixture::exits(0));
    REQUIRE(play.run_tasks(
        "    - shell: {cmd: 'a | b > c', stdin: in}\n"
        "    - shell: {cmd: x, stdin: in, stdin_add_newline: false, executable: /bin/bash}\n"));
    CHECK(play.spawner.asked[0].argv == std::vector<std::string>{"/bin/sh", "-c", "a | b > c"});
    CHECK(play.spawner.asked[0].standard_input == "in\n");
    CHECK(play.spawner.asked[1].argv[0] == "/bin/bash");
    CHECK(play.spawner.asked[1].standard_input == "in");
    CHECK(play.refusal("    - shell: ''\n") != "accepted");
}

TEST_CASE("command: a program that the policy forbids is refused, found on the path or not") {
    test::PlayFixture play;
    play.policy.forbidden_program = "/usr/bin/env";
    CHECK(play.refusal("    - command: env\n").find("not allowed") != std::string::npos);
    const auto hidden =
        play.run_tasks("    - command: {cmd: env, chdir: '{{ d }}'}\n      vars: {d: /tmp}\n");
    REQUIRE(hidden);
    CHECK(hidden->tasks[0].denied);
}

}  // namespace homeostat::playbook
