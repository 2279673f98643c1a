#include "actions/playbook/task_reader.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("task reader: what is unknown or refused is told with its place") {
    test::PlayFixture play;
    struct Row {
        std::string_view task;
        std::string_view why;
    };
    for (const Row& row : std::vector<Row>{
             {"    - name: x\n", "4:7: a task needs a module"},
             {"    - debug:\n      async: 5\n", "5:7: 'async' is not accepted: use 'timeout'"},
             {"    - debug:\n      whn: true\n",
              "5:7: 'whn' is neither a module nor a key of a task (did you mean 'when'?)"},
             {"    - debg: {msg: x}\n",
              "4:7: 'debg' is neither a module nor a key of a task (did you mean 'debug'?)"},
             {"    - template: {src: x}\n", "4:7: 'template': use copy with 'content'"},
             {"    - community.general.ufw: {}\n",
              "4:7: 'community.general.ufw' is neither a module nor a key of a task"},
             {"    - debug:\n      with_dict: {}\n", "5:7: 'with_dict': use 'loop'"},
             {"    - debug:\n      fail:\n", "5:7: a task has one module: 'debug' or 'fail'"},
             {"    - debug: {mesg: x}\n",
              "4:15: 'debug' has no parameter 'mesg' (did you mean 'msg'?)"},
             {"    - debug: msg=x\n", "4:14: 'debug' needs a mapping of parameters, not text"},
             {"    - debug: [x]\n", "4:14: 'debug' needs a mapping of parameters, not a list"},
             {"    - file: {path: /a, dest: /b}\n",
              "4:24: 'path' and 'dest' are the same parameter"},
             {"    - file: {path: /a, mode: 644}\n",
              "4:30: a mode is octal: write \"0644\" instead of 644"},
             {"    - file: {path: /a, state: absnt}\n",
              "4:31: state: 'absnt' is not one of: absent directory file touch (did you mean "
              "'absent'?)"},
             {"    - file: {path: a}\n", "4:20: path: an absolute path was expected, not 'a'"},
             {"    - file: {path: /a/../b}\n", "4:20: path: '..' is not accepted in a path"},
             {"    - file: {state: absent}\n", "4:7: file: 'path' is missing"},
             {"    - command: ls chdir=/tmp\n",
              "4:16: 'chdir=' in the free form: write parameters under 'args'"},
             {"    - debug: {msg: x}\n      args: {msg: y}\n",
              "5:7: 'args' goes with the free form only"},
             {"    - debug:\n      register: a-b\n",
              "5:17: 'a-b' cannot be the name of a variable"},
             {"    - debug:\n      register: _a\n", "5:17: '_a' cannot be the name of a variable"},
             {"    - debug:\n      retries: 2\n", "5:7: 'retries' needs an 'until'"},
             {"    - debug:\n      until: true\n      retries: 0\n",
              "6:16: 'retries' must be a whole number of at least 1"},
             {"    - debug:\n      loop: abc\n",
              "5:13: 'loop' must be a list or one expression, not text"},
             {"    - debug:\n      loop: [1]\n      with_items: [1]\n",
              "6:7: 'loop' and 'with_items' in one task"},
             {"    - debug:\n      loop_control: {label: x}\n",
              "5:7: 'loop_control' needs a 'loop'"},
             {"    - debug:\n      loop: [1]\n      loop_control: {extended: true}\n",
              "6:22: 'loop_control' has no key 'extended'"},
             {"    - debug:\n      become_user: www\n",
              "5:20: 'become_user' can only be 'root' here"},
             {"    - debug:\n      delegate_to: other\n",
              "5:20: 'delegate_to' can only be 'localhost' here"},
             {"    - debug:\n      listen: x\n", "5:7: 'listen' is for handlers"},
             {"    - debug:\n      environment: {LD_PRELOAD: x}\n",
              "5:21: 'LD_PRELOAD' cannot be set in 'environment'"},
             {"    - debug:\n      environment: text\n",
              "5:20: 'environment' must be a mapping, not text"},
             {"    - debug:\n      when: '{{ x }}'\n",
              "5:13: an expression is written without '{{' here"},
             {"    - debug:\n      vars: {omit: 1}\n",
              "5:14: 'omit' cannot be the name of a variable"},
             {"    - debug:\n      check_mode: maybe\n",
              "5:19: 'check_mode' must be true or false, not text"},
             {"    - debug:\n      timeout: -1\n",
              "5:16: 'timeout' must be a whole number of at least 0"},
             {"    - meta: clear_facts\n", "4:13: 'meta' knows flush_handlers, end_play and noop"},
             {"    - meta: flush_handlers\n      when: x\n",
              "4:7: flush_handlers cannot have a condition: Ansible ignores it"},
             {"    - meta: noop\n      loop: [1]\n", "5:7: 'meta' does not go with 'loop'"},
             {"    - set_fact: {cacheable: true}\n",
              "4:18: 'cacheable' cannot be the name of a variable"},
             {"    - debug: {msg: '{{ x | nosuch }}'}\n", "4:28: no filter is called 'nosuch'"},
             {"    - debug:\n      when: false\n      name: ['x']\n",
              "6:13: 'name' must be text, not a list"},
         }) {
        CAPTURE(row.task);
        const std::string refusal = play.refusal(row.task);
        CHECK_MESSAGE(refusal.starts_with(row.why), refusal);
    }
    CHECK(play.spawner.asked.empty());
}

TEST_CASE("task reader: accepted without an effect on one host") {
    test::PlayFixture play;
    CHECK(play.refusal("    - name: x\n"
                       "      ansible.builtin.debug:\n"
                       "      become: true\n"
                       "      become_user: root\n"
                       "      run_once: true\n"
                       "      delegate_to: localhost\n"
                       "      tags: a, b\n"
                       "      no_log: false\n"
                       "      timeout: 5\n") == "accepted");
}

TEST_CASE("task reader: an empty parameter counts as not given") {
    test::PlayFixture play;
    play.spawner.answer(0);
    const auto report = play.run_tasks(
        "    - debug:\n        verbosity:\n"
        "    - command: pwd\n      args: {chdir: }\n"
        "    - debug:\n        msg:\n");
    REQUIRE(report);
    CHECK(report->tasks[0].outcome.message.text() == "Hello world!");
    CHECK_FALSE(report->tasks[1].outcome.failed);
    CHECK(report->tasks[2].outcome.message.is_none());  // any value will do here, also none
}

}  // namespace homeostat::playbook
