#include <doctest/doctest.h>

#include <filesystem>

#include "core/file.hpp"
#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {
namespace fs = std::filesystem;

TEST_CASE("copy: writes, keeps what is right, and replaces what is not") {
    test::PlayFixture play;
    play.extra.set("d", play.directory.path());
    const auto report = play.run_tasks(
        "    - copy: {content: one, dest: '{{ d }}/f'}\n"
        "    - copy: {content: one, dest: '{{ d }}/f'}\n"
        "    - copy: {content: one, dest: '{{ d }}/f', mode: '0600'}\n"
        "    - copy: {content: two, dest: '{{ d }}/f'}\n      register: r\n"
        "    - copy: {content: three, dest: '{{ d }}/f', force: false}\n"
        "    - copy: {content: 5, dest: '{{ d }}/n'}\n"
        "    - debug: {msg: '{{ r.mode }} {{ r.size }} {{ r.state }} {{ r.dest }}'}\n");
    REQUIRE(report);
    for (std::size_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        CHECK(report->tasks[i].outcome.changed == (i == 0 || i == 2 || i == 3 || i == 5));
    }
    CHECK(report->tasks[6].outcome.message.text() == "0600 3 file " + (play.directory / "f"));
    CHECK(*read_file(play.directory / "f", 100) == "two");
    CHECK(*read_file(play.directory / "n", 100) == "5");
}

TEST_CASE("copy: a mapping or list as content is written as JSON") {
    test::PlayFixture play;
    play.extra.set("d", play.directory.path());
    REQUIRE(
        play.run_tasks("    - copy: {content: '{{ m }}', dest: '{{ d }}/m'}\n"
                       "    - copy: {content: [1, 'x'], dest: '{{ d }}/l'}\n",
                       "  vars: {m: {a: 1, b: [x, null]}}\n"));
    CHECK(*read_file(play.directory / "m", 100) == R"({"a": 1, "b": ["x", null]})");
    CHECK(*read_file(play.directory / "l", 100) == R"([1, "x"])");
}

TEST_CASE("copy: links, directories and missing parents fail; check mode writes nothing") {
    test::PlayFixture play;
    play.directory.write("real", "x");
    fs::create_symlink("real", play.directory / "link");
    fs::create_directory(play.directory / "dir");
    play.extra.set("d", play.directory.path());
    for (const std::string_view name : {"link", "dir", "nosuch/f"}) {
        CAPTURE(name);
        const auto report = play.run_tasks("    - copy: {content: new, dest: '{{ d }}/" +
                                           std::string(name) + "'}\n");
        CHECK(report->tasks[0].outcome.failed);
    }
    CHECK(*read_file(play.directory / "real", 100) == "x");
    play.options.check = true;
    play.options.diff = true;
    const auto report = play.run_tasks(
        "    - copy: {content: \"y\\n\", dest: '{{ d }}/real'}\n"
        "    - copy: {content: z, dest: '{{ d }}/new'}\n"
        "    - copy: {content: z, dest: '{{ d }}/made-by-a-task-before/f'}\n");
    CHECK(report->tasks[0].outcome.changed);
    CHECK(report->tasks[0].outcome.diff == "-x\n+y\n");
    CHECK(report->tasks[1].outcome.changed);
    CHECK(report->tasks[2].outcome.changed);
    CHECK(*read_file(play.directory / "real", 100) == "x");
    CHECK_FALSE(fs::exists(play.directory / "new"));
}

TEST_CASE("copy: refused when loaded") {
    test::PlayFixture play;
    for (const std::string_view task :
         {"    - copy: {src: a, dest: /b}\n", "    - copy: {content: a}\n",
          "    - copy: {dest: /b}\n", "    - copy: {content: a, dest: /b, mode: preserve}\n"}) {
        CAPTURE(task);
        CHECK(play.refusal(task) != "accepted");
    }
}

}  // namespace homeostat::playbook
