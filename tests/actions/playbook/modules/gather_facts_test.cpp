#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("gather facts: only when the play wants them, and under the play's tags") {
    test::PlayFixture play;
    CHECK(play.run("- hosts: a\n  tasks: []\n")->tasks.size() == 1);
    CHECK(play.run("- hosts: a\n  gather_facts: no\n  tasks: []\n")->tasks.empty());
    play.options.tags = {"x"};
    CHECK(play.run("- hosts: a\n  tasks: []\n")->tasks.size() == 1);
    CHECK(play.run("- hosts: a\n  tags: y\n  tasks: []\n")->tasks.empty());
    CHECK(play.refusal("    - gather_facts:\n") != "accepted");
}

}  // namespace homeostat::playbook
