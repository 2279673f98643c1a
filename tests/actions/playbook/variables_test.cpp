#include "actions/playbook/variables.hpp"

#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("variables: later sources win") {
    test::PlayFixture play;
    play.extra.set("extra", "from extra");
    const auto report = play.run_tasks(
        "    - debug: {msg: '{{ a }}'}\n"
        "    - debug: {msg: '{{ a }}'}\n      vars: {a: task}\n"
        "    - vars: {a: outer}\n      block:\n"
        "        - vars: {a: inner}\n          block:\n"
        "            - debug: {msg: '{{ a }}'}\n"
        "    - set_fact: {a: fact}\n"
        "    - debug: {msg: '{{ a }}'}\n      vars: {a: task}\n"
        "    - debug: {msg: '{{ a }}'}\n      loop: [item]\n      loop_control: {loop_var: a}\n"
        "    - debug: {msg: '{{ extra }}'}\n      vars: {extra: task}\n",
        "  vars: {a: play, extra: play}\n");
    REQUIRE(report);
    const auto message = [&](std::size_t i) { return to_str(report->tasks[i].outcome.message); };
    CHECK(message(0) == "play");
    CHECK(message(1) == "task");
    CHECK(message(2) == "inner");
    CHECK(message(4) == "fact");
    CHECK(to_str(report->tasks[5].items[0].outcome.message) == "item");
    CHECK(message(6) == "from extra");
}

TEST_CASE("variables: what runs right now and what is always there are above extra variables") {
    test::PlayFixture play;
    play.extra.set("x", "extra");
    play.extra.set("inventory_hostname", "elsewhere");
    play.spawner.answer(0);
    const auto report = play.run_tasks(
        "    - debug: {msg: '{{ x }}'}\n      loop: [item]\n      loop_control: {loop_var: x}\n"
        "    - command: 'true'\n      register: x\n      changed_when: x.rc == 0\n"
        "    - debug: {msg: '{{ x }} {{ inventory_hostname }}'}\n");
    REQUIRE(report);
    CHECK(to_str(report->tasks[0].items[0].outcome.message) == "item");
    CHECK_FALSE(report->tasks[1].outcome.failed);
    CHECK(report->tasks[2].outcome.message.text() == "extra localhost");
}

TEST_CASE("variables: evaluated when used, each time; set_fact at once") {
    test::PlayFixture play;
    const auto report = play.run_tasks(
        "    - set_fact: {n: 1}\n"
        "    - set_fact: {kept: '{{ twice }}'}\n"
        "    - set_fact: {n: 5}\n"
        "    - debug: {msg: '{{ twice }} {{ kept }}'}\n",
        "  vars: {twice: '{{ n * 2 }}'}\n");
    CHECK(report->tasks[3].outcome.message.text() == "10 2");
}

TEST_CASE("variables: what needs something undefined is undefined itself") {
    test::PlayFixture play;
    CHECK(
        play.debug("\"{{ x is defined }} {{ x | default('d') }}\"", "  vars: {x: '{{ nosuch }}'}\n")
            .text() == "False d");
}

TEST_CASE("variables: loops of variables and explosions end") {
    test::PlayFixture play;
    CHECK(to_str(play.debug("'{{ x }}'", "  vars: {x: '{{ y }}', y: '{{ x }}'}\n"))
              .find("variables deep") != std::string::npos);
    std::string vars = "  vars:\n    v0: x\n";
    for (int i = 1; i < 19; ++i) {
        vars += fmt::format("    v{}: '{{{{ v{} }}}}{{{{ v{} }}}}'\n", i, i - 1, i - 1);
    }
    CHECK(to_str(play.debug("'{{ v18 }}'", vars)).find("steps") != std::string::npos);
}

TEST_CASE("variables: facts with and without their prefix, magic names always") {
    test::PlayFixture play;
    play.root.set("proc/uptime", "100.5 1\n");
    const auto report = play.run(
        "- hosts: a\n  tasks:\n    - debug: {msg: \"{{ ansible_uptime_seconds }} "
        "{{ ansible_facts.uptime_seconds }} {{ inventory_hostname }} "
        "{{ playbook_dir }} {{ ansible_check_mode }}\"}\n");
    REQUIRE(report);
    CHECK(report->tasks[0].name == "Gathering Facts");
    CHECK(report->tasks[0].module == "gather_facts");
    CHECK(report->tasks[1].outcome.message.text() == "100 100 localhost /books False");
    CHECK(report->totals.ok == 2);
}

}  // namespace homeostat::playbook
