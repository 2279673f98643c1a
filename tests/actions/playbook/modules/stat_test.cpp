#include <doctest/doctest.h>

#include <filesystem>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("stat: files, links followed or not, and what is not there") {
    test::PlayFixture play;
    play.directory.write("f", "hello");
    std::filesystem::create_symlink("f", play.directory / "l");
    play.extra.set("d", play.directory.path());
    const auto report = play.run_tasks(
        "    - stat: {path: '{{ d }}/f'}\n      register: f\n"
        "    - stat: {path: '{{ d }}/l'}\n      register: l\n"
        "    - stat: {path: '{{ d }}/l', follow: true}\n      register: t\n"
        "    - stat: {path: '{{ d }}/nosuch'}\n      register: n\n"
        "    - stat: {path: '{{ d }}/f/x'}\n      register: x\n      ignore_errors: true\n"
        "    - debug: {msg: '{{ f.stat.size }} {{ l.stat.islnk }} {{ l.stat.lnk_target }} {{ "
        "t.stat.isreg }} "
        "{{ n.stat.exists }} {{ x is failed }} {{ n.stat.size is defined }}'}\n");
    REQUIRE(report);
    CHECK(report->tasks[5].outcome.message.text() == "5 True f True False True False");
    CHECK(play.refusal("    - stat: {}\n") != "accepted");
    CHECK(play.refusal("    - stat: {path: /a, get_checksum: true}\n") != "accepted");
}

}  // namespace homeostat::playbook
