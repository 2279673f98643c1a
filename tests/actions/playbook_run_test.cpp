#include "actions/playbook_run.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include "core/file.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

// A volume with rotated logs, and an entry that lets them be deleted.
struct World {
    World() {
        ::umask(022);
        for (const char* name : {"app.log", "app.log.1", "app.log.2", "keep.txt"}) {
            volume.write(name, "content");
        }
        rule.name = "clean";
        rule.playbook = "p.yml";
        action.paths = {volume.path()};
        action.min_age = Duration{};
        target.name = volume.path();
        target.kind = SubjectKind::Mount;
    }

    Result<RunOutcome> run(std::string_view text, bool check = false) {
        const SystemClock clock;
        const RunOrder order{.rule = rule,
                             .action = action,
                             .target = target,
                             .incident = {},
                             .playbook_path = "/etc/homeostat/playbooks/p.yml",
                             .check = check};
        return run_in_process(order, text, root, clock, spawner);
    }

    test::TemporaryDirectory volume;
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    Rule rule;
    AllowedAction action;
    AllowedTarget target;
};

constexpr std::string_view kClean = R"(- hosts: localhost
  gather_facts: false
  tasks:
    - name: look
      find: {paths: "{{ event.subject }}", patterns: "*.log.*"}
      register: old
    - name: delete
      file: {path: "{{ item.path }}", state: absent}
      loop: "{{ old.files }}"
)";

TEST_CASE("playbook run: the remedy of the demo deletes what it is for, and nothing else") {
    World world;
    const auto outcome = world.run(kClean);
    REQUIRE_MESSAGE(outcome.has_value(), std::string(outcome ? "" : outcome.error().text.c_str()));
    CHECK_FALSE(outcome->failed);
    CHECK(outcome->changed == 1);
    CHECK(outcome->detail == "delete (2)");
    CHECK_FALSE(exists(world.volume / "app.log.1"));
    CHECK_FALSE(exists(world.volume / "app.log.2"));
    CHECK(exists(world.volume / "app.log"));
    CHECK(exists(world.volume / "keep.txt"));
}

TEST_CASE("playbook run: in check mode it says what it would do and does nothing") {
    World world;
    const auto outcome = world.run(kClean, true);
    REQUIRE(outcome);
    CHECK(outcome->detail == "would change: delete (2)");
    CHECK(exists(world.volume / "app.log.1"));
}

TEST_CASE("playbook run (RULES C3): younger than min_age stays, and the report says so") {
    World world;
    world.action.min_age = hours(1);
    const auto outcome = world.run(kClean);
    REQUIRE(outcome);
    CHECK_FALSE(outcome->failed);
    CHECK(outcome->changed == 0);
    CHECK(outcome->detail.view().find("nothing to change, 2 left alone: ") == 0);
    CHECK(outcome->detail.view().find("less than 1h ago") != std::string_view::npos);
    CHECK(exists(world.volume / "app.log.1"));
}

TEST_CASE("playbook run: no name and no second link of a file keeps the others from going") {
    World world;
    world.volume.write("a[1]{x}*?.log.1", "old");
    world.volume.write("two\nlines.log.1", "old");
    world.volume.write("linked.log.1", "old");
    REQUIRE(::link((world.volume / "linked.log.1").c_str(), (world.volume / "kept").c_str()) == 0);
    const auto outcome = world.run(kClean);
    REQUIRE(outcome);
    CHECK_FALSE(outcome->failed);
    CHECK(outcome->detail.view().find("delete (4), 1 left alone: ") == 0);
    CHECK_FALSE(exists(world.volume / "a[1]{x}*?.log.1"));
    CHECK_FALSE(exists(world.volume / "two\nlines.log.1"));
    CHECK(exists(world.volume / "linked.log.1"));
    CHECK_FALSE(exists(world.volume / "app.log.1"));
}

TEST_CASE("playbook run: it is told subject, incident, rule and the rule's own variables") {
    World world;
    world.rule.extra_vars = {{"days", std::int64_t{14}}, {"what", std::string("logs")}};
    const auto outcome = world.run(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        "    - fail: {msg: '{{ event.subject }} {{ event.rule }} {{ event.incident_id }} "
        "{{ days }} {{ what }}'}\n");
    REQUIRE(outcome);
    CHECK(outcome->failed);
    const std::string expected =
        world.volume.path() + " clean 00000000-0000-0000-0000-000000000000 14 logs";
    CHECK(outcome->detail.view().find(expected) != std::string_view::npos);
}

TEST_CASE("playbook run (RULES B5, T7): what the entry does not grant is refused or fails") {
    for (const char* task :
         {"shell: echo x", "command: /usr/bin/df", "service: {name: ssh, state: restarted}",
          "service: {name: nginx, state: started}", "file: {path: /etc/x, state: touch}",
          "copy: {content: x, dest: /etc/cron.d/x}", "uri: {url: 'http://127.0.0.1/'}",
          "wait_for: {port: 22}", "file: {path: '{{ event.subject }}', state: absent}",
          "file: {path: '{{ event.subject }}/..', state: absent}"}) {
        World world;
        CAPTURE(task);
        const auto outcome =
            world.run("- hosts: localhost\n  gather_facts: false\n  tasks:\n    - " +
                      std::string(task) + "\n");
        CHECK((!outcome || outcome->failed));
        CHECK(world.spawner.asked.empty());
        CHECK(exists(world.volume / "keep.txt"));
    }
}

TEST_CASE("playbook run: a file outside of the language is refused before anything runs") {
    World world;
    for (const char* text : {"", "[", "- hosts: localhost\n  tasks: [{nonsense: 1}]\n",
                             "- hosts: localhost\n  roles: [a]\n", "\xff\xfe"}) {
        CAPTURE(text);
        CHECK_FALSE(world.run(text));
    }
    const SystemClock clock;
    const RunOrder order{.rule = world.rule,
                         .action = world.action,
                         .target = world.target,
                         .incident = {},
                         .playbook_path = "/p.yml",
                         .check = true};
    CHECK(check_order(order, kClean, world.root, clock, world.spawner));
    CHECK_FALSE(check_order(order, "- hosts: localhost\n  tasks: [{shell: x}]\n", world.root, clock,
                            world.spawner));
    CHECK(exists(world.volume / "app.log.1"));
}

// Another user of the volume puts a link to the outside where the directory was, and back, as fast
// as it can, while the clean-up runs over it again and again. RULES D16 asks for 10^6 swaps:
// HOMEOSTAT_RACE_SWAPS=1000000.
TEST_CASE("playbook run (RULES C2 rows 11 and 13, D16): no swap leads the clean-up outside") {
    const char* wanted = std::getenv("HOMEOSTAT_RACE_SWAPS");
    const std::uint64_t swaps_wanted =
        wanted == nullptr ? 20'000 : std::strtoull(wanted, nullptr, 10);
    World world;
    const test::TemporaryDirectory outside;
    outside.write("app.log.1", "canary");
    struct stat before {};
    REQUIRE(::stat((outside / "app.log.1").c_str(), &before) == 0);
    world.volume.write("logs/app.log.1", "x");
    REQUIRE(::symlink(outside.path().c_str(), (world.volume / "link").c_str()) == 0);
    const std::string directory = world.volume / "logs";
    const std::string link = world.volume / "link";

    std::atomic<std::uint64_t> swaps = 0;
    std::atomic<bool> stop = false;
    std::thread attacker([&] {
        while (!stop) {
            if (::renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE) ==
                0) {
                ++swaps;
            }
        }
    });
    constexpr std::string_view kDeep = R"(- hosts: localhost
  gather_facts: false
  tasks:
    - find: {paths: "{{ event.subject }}", patterns: "*.log.*", recurse: true}
      register: old
    - file: {path: "{{ item.path }}", state: absent}
      loop: "{{ old.files }}"
    - file: {path: "{{ event.subject }}/logs/app.log.1", state: absent}
    - copy: {content: evil, dest: "{{ event.subject }}/logs/app.log.1", mode: "0600"}
    - file: {path: "{{ event.subject }}/logs/app.log.1", mode: "0666"}
)";
    int ran = 0;
    while (swaps < swaps_wanted) {
        if (world.run(kDeep)) ++ran;
    }
    stop = true;
    attacker.join();
    CHECK(ran > 0);
    struct stat after {};
    REQUIRE(::stat((outside / "app.log.1").c_str(), &after) == 0);
    CHECK(after.st_ino == before.st_ino);
    CHECK(after.st_mode == before.st_mode);
    CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
    CHECK(*read_file(outside / "app.log.1", 100) == "canary");
    CHECK(std::distance(std::filesystem::directory_iterator(outside.path()),
                        std::filesystem::directory_iterator()) == 1);
}

}  // namespace
}  // namespace homeostat
