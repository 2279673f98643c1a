#include "actions/playbook/loader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace {

std::string refusal_of(std::string_view text) {
    test::PlayFixture play;
    const auto report = play.run(text);
    return report ? "accepted" : std::string(report.error().text.view());
}

}  // namespace

TEST_CASE("loader: a file is a list with exactly one play, and the play's keys are known") {
    struct Row {
        std::string_view text;
        std::string_view why;
    };
    for (const Row& row : std::vector<Row>{
             {"", "/books/test.yml:1:1: a playbook is a list with exactly one play"},
             {"hosts: x\n", "/books/test.yml:1:1: a playbook is"},
             {"- hosts: a\n- hosts: b\n", "/books/test.yml:1:1: a playbook is"},
             {"- tasks: []\n", "/books/test.yml:1:3: a play needs 'hosts'"},
             {"- hosts: a\n  roles: []\n", "/books/test.yml:2:3: a play has no key 'roles'"},
             {"- hosts: a\n  vars_files: []\n",
              "/books/test.yml:2:3: a play has no key 'vars_files'"},
             {"- hosts: a\n  pre_tasks: []\n",
              "/books/test.yml:2:3: a play has no key 'pre_tasks'"},
             {"- hosts: a\n  strategy: free\n",
              "/books/test.yml:2:3: a play has no key 'strategy'"},
             {"- hosts: a\n  taks: []\n",
              "/books/test.yml:2:3: a play has no key 'taks' (did you mean 'tasks'?)"},
             {"- hosts: a\n  connection: ssh\n",
              "/books/test.yml:2:15: 'connection' can only be 'local' here"},
             {"- hosts: a\n  become_user: www\n",
              "/books/test.yml:2:16: 'become_user' can only be 'root' here"},
             {"- hosts: a\n  gather_facts: maybe\n",
              "/books/test.yml:2:17: 'gather_facts' must be"},
             {"- hosts: a\n  tasks: {}\n", "/books/test.yml:2:10: 'tasks' must be a list"},
             {"- hosts: a\n  tasks: [x]\n", "/books/test.yml:2:11: a task must be a mapping"},
             {"- hosts: a\n  vars: []\n", "/books/test.yml:2:9: 'vars' must be a mapping"},
             {"- hosts: a\n  vars: {a-b: 1}\n", "/books/test.yml:2:10: 'a-b' cannot be"},
             {"- hosts: a\n  vars: {a: '{{ b | nosuch }}'}\n", "/books/test.yml:2:21: no filter"},
         }) {
        CAPTURE(row.text);
        const std::string why = refusal_of(row.text);
        CHECK_MESSAGE(why.starts_with(row.why), why);
    }
}

TEST_CASE("loader: keys without effect on one host are accepted") {
    CHECK(refusal_of("- name: x\n  hosts: all\n  connection: local\n  gather_facts: no\n"
                     "  become: yes\n  become_user: root\n  serial: 1\n  max_fail_percentage: 0\n"
                     "  any_errors_fatal: true\n  tags: [a]\n  environment: {A: b}\n  tasks:\n") ==
          "accepted");
}

TEST_CASE("loader: blocks and handlers") {
    test::PlayFixture play;
    struct Row {
        std::string_view tasks;
        std::string_view rest;
        std::string_view why;
    };
    for (const Row& row : std::vector<Row>{
             {"    - block: []\n      register: x\n", "", "5:7: a block has no key 'register'"},
             {"    - block: x\n", "", "4:14: 'block' must be a list of tasks, not text"},
             {"    - rescue: []\n", "", "4:7: 'rescue' is neither a module"},
             {"    - debug:\n      notify: nosuch\n", "", "4:7: no handler is called 'nosuch'"},
             {"    - debug:\n      notify: '{{ x }}'\n", "", "5:15: 'notify' must be literal text"},
             {"    []\n", "  handlers:\n    - block: []\n", "4:7: a handler must be a task"},
             {"    []\n", "  handlers:\n    - meta: noop\n", "4:7: 'meta' cannot be a handler"},
             {"    []\n", "  handlers:\n    - name: '{{ x }}'\n      debug:\n",
              "4:13: the name of a handler must be literal text"},
             {"    []\n", "  handlers:\n    - name: a\n      debug:\n    - name: a\n      debug:\n",
              "6:7: two handlers are called 'a'"},
             {"    []\n",
              "  handlers:\n    - name: a\n      debug:\n    - name: b\n      debug:\n      "
              "notify: a\n",
              "6:7: the handler 'a' must be written after this one"},
         }) {
        CAPTURE(row.why);
        const std::string why = play.refusal(row.tasks, row.rest);
        CHECK_MESSAGE(why.starts_with(row.why), why);
    }
}

TEST_CASE("loader: 200 tasks are accepted and 201 refused, handlers included") {
    test::PlayFixture play;
    std::string tasks;
    for (int i = 0; i < 200; ++i) tasks += "    - debug:\n";
    CHECK(play.refusal(tasks) == "accepted");
    CHECK(play.refusal(tasks, "  handlers:\n    - name: h\n      debug:\n").find("more than 200") !=
          std::string::npos);
}

TEST_CASE("loader: a step that the policy forbids refuses the file where it can be seen") {
    test::PlayFixture play;
    play.policy.shell = false;
    play.policy.forbidden_program = "/usr/bin/env";
    play.policy.forbidden_unit = "ssh.service";
    play.policy.may_delete = false;
    for (const std::string_view task :
         {"    - shell: echo\n", "    - command: /usr/bin/env x\n", "    - command: env\n",
          "    - service: {name: ssh, state: restarted}\n",
          "    - file: {path: /srv/x, state: absent}\n",
          "    - uri: {url: 'http://example.org/'}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task).find("not allowed here") != std::string::npos);
    }
    CHECK(play.refusal("    - uri: {url: 'http://127.0.0.1/'}\n") == "accepted");
}

TEST_CASE("loader: names of variables") {
    for (const std::string_view name : {"a", "A1", "ansible_x", "item"})
        CHECK(is_variable_name(name));
    for (const std::string_view name : {"", "1a", "_a", "a-b", "a.b", "true", "in", "lookup",
                                        "omit", "ansible_facts", "\xC3\xA9"}) {
        CAPTURE(name);
        CHECK_FALSE(is_variable_name(name));
    }
}

}  // namespace homeostat::playbook
