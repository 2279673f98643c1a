#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("wait_for: a port opens after a while, or never") {
    test::PlayFixture play;
    play.probe.connects_until_open = 4;
    CHECK_FALSE(play.run_tasks("    - wait_for: {port: 80, timeout: 30, delay: 2}\n")->failed);
    CHECK(play.probe.connects == 4);
    CHECK(play.pauser.pauses.size() == 4);
    CHECK(play.pauser.pauses[0] == seconds(2));

    test::PlayFixture never;
    never.probe.connects_until_open = 1000;
    const auto report = never.run_tasks("    - wait_for: {port: 80, timeout: 5, msg: no luck}\n");
    CHECK(report->failed);
    CHECK(report->tasks[0].outcome.message.text() == "no luck");
    CHECK_FALSE(
        never.run_tasks("    - wait_for: {port: 80, state: stopped, timeout: 5}\n")->failed);
    CHECK(never.run_tasks("    - wait_for: {port: 80, timeout: 0}\n")->failed);
}

TEST_CASE("wait_for: what a port sends, and lines of a file") {
    test::PlayFixture play;
    play.probe.port_text = "220 ready\r\n";
    play.probe.files["/f"] = "a: 1\nstate:  up\n";
    CHECK_FALSE(
        play.run_tasks("    - wait_for: {port: 25, search_regex: '^220', timeout: 2}\n")->failed);
    CHECK(play.run_tasks("    - wait_for: {port: 25, search_regex: nosuch, timeout: 2}\n")->failed);
    CHECK_FALSE(play.run_tasks("    - wait_for: {path: /f, timeout: 2}\n")->failed);
    CHECK_FALSE(
        play.run_tasks("    - wait_for: {path: /f, search_regex: '^state: +up$', timeout: 2}\n")
            ->failed);
    CHECK(play.run_tasks("    - wait_for: {path: /f, search_regex: '1.state', timeout: 2}\n")
              ->failed);
    CHECK(play.run_tasks("    - wait_for: {path: /f, state: absent, timeout: 2}\n")->failed);
    CHECK_FALSE(play.run_tasks("    - wait_for: {path: /g, state: absent, timeout: 2}\n")->failed);
    CHECK(play.run_tasks("    - wait_for: {path: /g, timeout: 2}\n")->failed);
}

TEST_CASE("wait_for: refused when loaded") {
    test::PlayFixture play;
    for (const std::string_view task :
         {"    - wait_for: {}\n", "    - wait_for: {port: 1, path: /a}\n",
          "    - wait_for: {port: 0}\n", "    - wait_for: {port: 70000}\n",
          "    - wait_for: {path: /a, state: stopped}\n",
          "    - wait_for: {path: /a, state: drained}\n", "    - wait_for: {path: a}\n",
          "    - wait_for: {path: /a, search_regex: '('}\n",
          "    - wait_for: {port: 1, host: example.org}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) != "accepted");
    }
}

TEST_CASE("wait_for: about a path the state tells what is there, as Ansible's does") {
    test::PlayFixture play;
    play.directory.write("f", "x");
    const std::string file = play.directory / "f";
    play.extra.set("d", play.directory.path());
    play.probe.files[file] = "x";
    play.probe.files[play.directory.path()] = "";
    const auto report = play.run_tasks(
        "    - wait_for: {path: '{{ d }}/f', timeout: 2}\n      register: a\n"
        "    - wait_for: {path: '{{ d }}', timeout: 2}\n      register: b\n"
        "    - wait_for: {path: '{{ d }}/g', state: absent, timeout: 2}\n      register: c\n"
        "    - debug: {msg: '{{ a.state }} {{ b.state }} {{ c.state }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[3].outcome.message.text() == "file directory absent");
}

}  // namespace homeostat::playbook
