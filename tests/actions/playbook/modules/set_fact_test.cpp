#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("set_fact: values keep their types and are never templates again") {
    test::PlayFixture play;
    play.extra.set("hostile", "{{ 6 * 7 }}");
    const auto report = play.run_tasks(
        "    - set_fact: {n: '{{ 2 + 3 }}', l: ['{{ 1 }}'], copied: '{{ hostile }}'}\n      "
        "register: r\n"
        "    - debug: {msg: ['{{ n }}', '{{ l }}', '{{ copied }}', '{{ r.ansible_facts.n }}']}\n");
    REQUIRE(report);
    CHECK(to_repr(report->tasks[1].outcome.message) == "[5, [1], '{{ 6 * 7 }}', 5]");
    CHECK_FALSE(report->tasks[0].outcome.changed);
    CHECK(play.refusal("    - set_fact: {}\n") != "accepted");
    CHECK(play.refusal("    - set_fact: {a-b: 1}\n") != "accepted");
}

}  // namespace homeostat::playbook
