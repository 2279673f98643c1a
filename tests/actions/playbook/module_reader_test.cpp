#include "actions/playbook/module_reader.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("module reader: keys of tasks") {
    for (const std::string_view key : {"name", "when", "loop", "ignore_errors", "listen"}) {
        CHECK(is_task_key(key));
    }
    for (const std::string_view key : {"debug", "async", "with_dict", "", "block"}) {
        CHECK_FALSE(is_task_key(key));
    }
}

TEST_CASE("module reader: a module is named once, in short or in full") {
    test::PlayFixture play;
    CHECK(play.refusal("    - ansible.builtin.debug: {msg: x}\n") == "accepted");
    CHECK(play.refusal("    - debug: {msg: x}\n      ansible.builtin.fail: {}\n")
              .starts_with("5:7: a task has one module"));
    CHECK(play.refusal("    - ansible.builtin.meta: noop\n") == "accepted");
    CHECK(play.refusal("    - include: x\n").starts_with("4:7: 'include' is not accepted"));
    CHECK(play.refusal("    - action: debug\n").starts_with("4:7: 'action' is not accepted"));
}

TEST_CASE("module reader: octal modes become text, others are refused") {
    test::PlayFixture play;
    play.extra.set("d", play.directory.path());
    const auto report = play.run_tasks(
        "    - file: {path: '{{ d }}/f', state: touch, mode: 0604}\n      register: r\n"
        "    - debug: {msg: '{{ r.mode }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[1].outcome.message.text() == "0604");
    CHECK(play.refusal("    - file: {path: /a, mode: 420}\n") != "accepted");
    CHECK(play.refusal("    - file: {path: /a, mode: '{{ m }}'}\n") == "accepted");
}

TEST_CASE("module reader: the free form takes its other parameters from args") {
    test::PlayFixture play;
    play.spawner.answer(test::PlayFixture::exits(0));
    REQUIRE(play.run_tasks("    - shell: cat\n      args: {stdin: x, chdir: /}\n"));
    CHECK(play.spawner.asked[0].standard_input == "x\n");
    CHECK(play.refusal("    - shell: cat\n      args: {stdim: x}\n").find("did you mean 'stdin'") !=
          std::string::npos);
    CHECK(play.refusal("    - shell: cat\n      args: {cmd: x}\n").find("the same parameter") !=
          std::string::npos);
}

}  // namespace homeostat::playbook
