#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace fs = std::filesystem;

namespace {

struct Row {
    std::string_view parameters;
    bool changed;
    bool failed;
};

void check_rows(test::PlayFixture& play, const std::vector<Row>& rows) {
    play.extra.set("d", play.directory.path());
    for (const Row& row : rows) {
        CAPTURE(row.parameters);
        const auto report = play.run_tasks("    - file: {" + std::string(row.parameters) + "}\n");
        REQUIRE(report);
        CHECK(report->tasks[0].outcome.failed == row.failed);
        CHECK(report->tasks[0].outcome.changed == row.changed);
    }
}

}  // namespace

TEST_CASE("file: directories, empty files, attributes, removal, each time twice") {
    test::PlayFixture play;
    play.directory.write("plain", "x");
    play.directory.write("cache/deep/f", "x");
    fs::create_symlink("cache", play.directory / "link");
    check_rows(play,
               {
                   {"path: '{{ d }}/a/b', state: directory, mode: '0750'", true, false},
                   {"path: '{{ d }}/a/b', state: directory, mode: '0750'", false, false},
                   {"dest: '{{ d }}/a/b', mode: 0700", true, false},
                   {"name: '{{ d }}/a/b', mode: 0700", false, false},
                   {"path: '{{ d }}/new', state: touch", true, false},
                   {"path: '{{ d }}/new', state: touch", true, false},
                   {"path: '{{ d }}/new', state: touch, access_time: preserve, modification_time: "
                    "preserve",
                    false, false},
                   {"path: '{{ d }}/new', state: touch, modification_time: preserve", true, false},
                   {"path: '{{ d }}/new', state: file", false, false},
                   {"path: '{{ d }}/new', modification_time: now", true, false},
                   {"path: '{{ d }}/missing', state: file", false, true},
                   {"path: '{{ d }}/missing', mode: '0600'", false, true},
                   {"path: '{{ d }}/a', state: file", false, true},
                   {"path: '{{ d }}/plain/sub', state: directory", false, true},
                   {"path: '{{ d }}/plain', state: directory", false, true},
                   {"path: '{{ d }}/link', mode: '0700'", false, true},
                   {"path: '{{ d }}/link/x', state: touch", false, true},
                   {"path: '{{ d }}/link', state: directory", false, true},
                   {"path: '{{ d }}/link', state: absent", true, false},
                   {"path: '{{ d }}/cache', state: absent", true, false},
                   {"path: '{{ d }}/cache', state: absent", false, false},
                   {"path: '{{ d }}/nosuch/deeper', state: absent", false, false},
                   {"path: '{{ d }}/plain', owner: nosuchuser", false, true},
                   {"path: '{{ d }}/plain/below', state: absent", false, false},
               });
    CHECK(fs::exists(play.directory / "plain"));
}

TEST_CASE("file: check mode tells and changes nothing") {
    test::PlayFixture play;
    play.options.check = true;
    play.directory.write("old", "x");
    check_rows(play, {
                         {"path: '{{ d }}/old', state: absent", true, false},
                         {"path: '{{ d }}/none', state: absent", false, false},
                         {"path: '{{ d }}/dir', state: directory", true, false},
                         {"path: '{{ d }}/old', mode: '0601'", true, false},
                         {"path: '{{ d }}/new', state: touch", true, false},
                         {"path: '{{ d }}/dir/made-before', state: touch", true, false},
                     });
    CHECK(fs::exists(play.directory / "old"));
    CHECK_FALSE(fs::exists(play.directory / "dir"));
    CHECK_FALSE(fs::exists(play.directory / "new"));
}

TEST_CASE("file: protected paths are never deleted, whoever asks") {
    test::PlayFixture play;
    const OperatorPolicy operator_policy;
    const Environment environment{.root = play.root,
                                  .clock = play.clock,
                                  .spawner = play.spawner,
                                  .pauser = play.pauser,
                                  .policy = operator_policy,
                                  .probe = nullptr};
    for (const std::string_view path : {"/", "/etc", "/usr", "/home", "/var", "//etc/", "/etc/."}) {
        CAPTURE(path);
        const std::string text =
            "- hosts: a\n  gather_facts: false\n  tasks:\n    - file: {path: " + std::string(path) +
            ", state: absent}\n";
        const auto report = run_playbook({.text = text, .file_name = "f", .extra_variables = {}},
                                         {.check = true}, environment);
        CHECK_FALSE(report);
        const std::string hidden =
            "- hosts: a\n  gather_facts: false\n  tasks:\n    - set_fact: {p: " +
            std::string(path) +
            "}\n    - file: {path: '{{ p }}', state: absent}\n      ignore_errors: true\n";
        const auto later = run_playbook({.text = hidden, .file_name = "f", .extra_variables = {}},
                                        {.check = true}, environment);
        REQUIRE(later);
        CHECK(later->failed);
    }
}

TEST_CASE("file: states that are not repairs are refused") {
    test::PlayFixture play;
    for (const std::string_view task :
         {"    - file: {path: /a, state: link, src: /b}\n", "    - file: {path: /a, state: hard}\n",
          "    - file: {path: /a, recurse: true}\n", "    - file: {path: /a, mode: u+x}\n",
          "    - file: {path: '~/x', state: touch}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) != "accepted");
    }
}

}  // namespace homeostat::playbook
