#include <doctest/doctest.h>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("fail: with its own words or ours") {
    test::PlayFixture play;
    const auto own = play.run_tasks("    - fail: {msg: 'bad {{ 1 }}'}\n");
    CHECK(own->tasks[0].outcome.message.text() == "bad 1");
    CHECK(own->failed);
    const auto ours = play.run_tasks("    - fail:\n");
    CHECK(ours->tasks[0].outcome.message.text() == "Failed as requested from task");
}

}  // namespace homeostat::playbook
