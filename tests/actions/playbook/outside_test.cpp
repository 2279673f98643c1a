#include "actions/playbook/outside.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("outside (RULES B9): in shell text an outside value must be quoted or a number") {
    test::PlayFixture play;
    play.extra.set("extra", "x");
    struct Row {
        std::string_view task;
        bool accepted;
    };
    for (const Row& row : std::vector<Row>{
             {"    - shell: echo {{ extra }}\n", false},
             {"    - shell: echo {{ extra | quote }}\n", true},
             {"    - shell: echo {{ extra | int }} {{ extra | default('1') | float }}\n", true},
             {"    - shell: echo {{ extra | quote | upper }}\n", false},
             {"    - shell: echo {{ extra | lower }}\n", false},
             {"    - shell: echo {{ 'a' if extra else 'b' }}\n", false},
             {"    - shell: echo {{ 'a' ~ extra | quote }}\n", false},
             {"    - shell: echo {{ ('a' ~ extra) | quote }}\n", true},
             {"    - shell: {cmd: 'echo {{ extra }}'}\n", false},
             {"    - shell: {cmd: echo, chdir: '/tmp/{{ extra }}', stdin: '{{ extra }}'}\n", true},
             {"    - shell: echo {{ ansible_hostname }}\n", false},
             {"    - shell: echo {{ inside }}\n      vars: {inside: plain}\n", true},
             {"    - shell: echo {{ inside }}\n      vars: {inside: '{{ extra }}'}\n", false},
             {"    - shell: echo {{ b }}\n      vars: {a: '{{ extra }}', b: 'x{{ a }}'}\n", false},
             {"    - shell: echo {{ item }}\n      loop: [a, b]\n", true},
             {"    - shell: echo {{ item }}\n      loop: ['{{ extra }}']\n", false},
             {"    - shell: echo {{ item }}\n      loop: '{{ extra }}'\n", false},
             {"    - shell: echo {{ i }}\n      loop: '{{ extra }}'\n      loop_control: "
              "{index_var: i}\n",
              true},
             {"    - command: \"true\"\n      register: r\n    - shell: echo {{ r.stdout }}\n",
              false},
             {"    - shell: echo {{ r.stdout }}\n    - command: \"true\"\n      register: r\n",
              false},
             {"    - set_fact: {f: '{{ extra }}'}\n    - shell: echo {{ f }}\n", false},
             {"    - set_fact: {f: plain}\n    - shell: echo {{ f }}\n", true},
             {"    - set_fact: {f: '{{ g }}'}\n    - set_fact: {g: '{{ extra }}'}\n    - shell: "
              "echo {{ f }}\n",
              false},
             {"    - shell: echo {{ nosuch }}\n", true},
             {"    - shell: echo {{ playbook_dir }} {{ ansible_check_mode }}\n", true},
             {"    - shell: echo {{ ansible_failed_result.msg }}\n", false},
         }) {
        CAPTURE(row.task);
        const std::string refusal = play.refusal(row.task);
        CHECK_MESSAGE((refusal == "accepted") == row.accepted, refusal);
        if (!row.accepted) CHECK(refusal.find("comes from outside") != std::string::npos);
    }
}

TEST_CASE("outside: a block's and the play's variables count, and the nearest wins") {
    test::PlayFixture play;
    play.extra.set("extra", "x");
    CHECK(play.refusal(
              "    - vars: {a: '{{ extra }}'}\n      block:\n        - shell: echo {{ a }}\n") !=
          "accepted");
    CHECK(play.refusal("    - shell: echo {{ a }}\n", "  vars: {a: '{{ extra }}'}\n") !=
          "accepted");
    CHECK(play.refusal("    - shell: echo {{ a }}\n      vars: {a: plain}\n",
                       "  vars: {a: '{{ extra }}'}\n") == "accepted");
}

TEST_CASE("outside (RULES B9): the program is literal text in the file") {
    test::PlayFixture play;
    for (const std::string_view task :
         {"    - command: '{{ tool }} x'\n", "    - command: /bin/{{ tool }} x\n",
          "    - command: 'a{{ tool }}'\n", "    - command: '\"{{ tool }}\"'\n",
          "    - command: {argv: ['{{ tool }}', x]}\n", "    - command: {argv: '{{ list }}'}\n",
          "    - command: {argv: []}\n", "    - command: ''\n", "    - command: '   '\n",
          "    - command: \"echo 'open\"\n", "    - command: {argv: ['']}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) != "accepted");
    }
    for (const std::string_view task :
         {"    - command: true {{ x }}\n", "    - command: \"'/bin/true' {{ x }}\"\n",
          "    - command: {argv: [\"true\", '{{ x }}']}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) == "accepted");
    }
}

TEST_CASE("outside: what Ansible would expand in command is refused, also through variables") {
    test::PlayFixture play;
    play.extra.set("extra", "$HOME");
    for (const std::string_view task :
         {"    - command: echo $HOME\n", "    - command: echo ${HOME}\n", "    - command: ls ~/x\n",
          "    - command: ls '~root'\n", "    - command: {argv: [echo, $HOME]}\n",
          "    - command: {argv: [ls, ~/x, '{{ a }}']}\n",
          "    - command: echo {{ a }}\n      vars: {a: $HOME}\n",
          "    - command: echo {{ '$HOME' }}\n",
          "    - command: echo {{ item }}\n      loop: [a, $HOME]\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) != "accepted");
    }
    for (const std::string_view task :
         {"    - command: awk '{print $1}' f\n", "    - command: grep foo$ f\n",
          "    - command: echo a~b\n", "    - command: echo {{ extra }}\n",
          "    - shell: echo $HOME ~\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) == "accepted");
    }
}

}  // namespace homeostat::playbook
