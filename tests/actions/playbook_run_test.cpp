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

#include "actions/rulebook.hpp"
#include "actions/trusted_file.hpp"
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

    Result<RunOutcome> run(std::string_view text, bool check = false, bool fleets = false) {
        const SystemClock clock;
        const std::string copy(text);
        const RunOrder order{.rule = rule,
                             .action = action,
                             .target = target,
                             .incident = {},
                             .playbook_path = "/etc/homeostat/playbooks/p.yml",
                             .playbook_text = fleets ? &copy : nullptr,
                             .check = check};
        return run_in_process(order, text, root, clock, spawner, age_floor);
    }

    test::TemporaryDirectory volume;
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    Rule rule;
    AllowedAction action;
    AllowedTarget target;
    Duration age_floor;  // none: the files of a test are new
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

TEST_CASE("playbook run (RULES C2 row 15): no task's check_mode makes a dry run act") {
    World world;
    world.action.programs = {"/usr/bin/true"};
    constexpr std::string_view kActs = R"(- hosts: localhost
  gather_facts: false
  tasks:
    - file: {path: "{{ event.subject }}/app.log.1", state: absent}
      check_mode: false
    - copy: {content: evil, dest: "{{ event.subject }}/new"}
      check_mode: "{{ false }}"
    - command: /usr/bin/true
      check_mode: no
    - file: {path: "{{ event.subject }}/keep.txt", mode: "0600"}
      check_mode: no
)";
    const auto outcome = world.run(kActs, true);
    REQUIRE(outcome);
    CHECK_FALSE(outcome->failed);
    CHECK(exists(world.volume / "app.log.1"));
    CHECK_FALSE(exists(world.volume / "new"));
    CHECK(world.spawner.asked.empty());
    struct stat kept {};
    REQUIRE(::stat((world.volume / "keep.txt").c_str(), &kept) == 0);
    CHECK((kept.st_mode & 07777U) == 0644);
}

TEST_CASE(
    "playbook run (RULES B5, C2 row 7): no set-user-id bit, neither new nor under new words") {
    for (const char* task : {"file: {path: '{{ event.subject }}/keep.txt', mode: '04755'}",
                             "file: {path: '{{ event.subject }}/keep.txt', mode: '02755'}",
                             "file: {path: '{{ event.subject }}/keep.txt', mode: '01644'}",
                             "file: {path: '{{ event.subject }}/d', state: directory, mode: 01777}",
                             "file: {path: '{{ event.subject }}/t', state: touch, mode: '{{ m }}'}",
                             "copy: {content: x, dest: '{{ event.subject }}/c', mode: '06755'}"}) {
        World world;
        CAPTURE(task);
        world.rule.extra_vars = {{"m", std::string("04755")}};
        const auto outcome =
            world.run("- hosts: localhost\n  gather_facts: false\n  tasks:\n    - " +
                      std::string(task) + "\n      ignore_errors: true\n");
        REQUIRE(outcome);
        CHECK(outcome->failed);  // a denial: ignore_errors does not catch it
        CHECK(outcome->detail.view().find("sets no set-user-id") != std::string_view::npos);
        struct stat kept {};
        REQUIRE(::stat((world.volume / "keep.txt").c_str(), &kept) == 0);
        CHECK((kept.st_mode & 07777U) == 0644);
        for (const char* name : {"d", "t", "c"}) CHECK_FALSE(exists(world.volume / name));
    }
    World world;
    const std::string program = world.volume / "keep.txt";
    REQUIRE(::chmod(program.c_str(), 06755) == 0);
    const auto outcome = world.run(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        "    - copy: {content: new, dest: '{{ event.subject }}/keep.txt'}\n");
    REQUIRE(outcome);
    CHECK_FALSE(outcome->failed);
    struct stat now {};
    REQUIRE(::stat(program.c_str(), &now) == 0);
    CHECK((now.st_mode & 07777U) == 0755);
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

TEST_CASE("playbook run (RULES C3): younger than an hour stays, although the entry says 0s") {
    World world;
    world.age_floor = kAgeFloor;
    const auto outcome = world.run(kClean);
    REQUIRE(outcome);
    CHECK(outcome->changed == 0);
    CHECK(outcome->detail.view().find("less than 1h ago") != std::string_view::npos);
    CHECK(exists(world.volume / "app.log.1"));
}

TEST_CASE("playbook run (RULES C3): of another user than the rule's nothing is deleted") {
    if (::geteuid() != 0) return;  // only root can give a file away
    World world;
    world.root.set("etc/passwd", "app:x:4711:4711::/:/bin/false\n");
    const std::string theirs = world.volume.write("logs/app.log.1", "x");
    const std::string its_own = world.volume.write("logs/app.log.2", "x");
    const std::string roots = world.volume.write("logs/app.log.3", "x");
    const std::string place = world.volume / "logs";
    REQUIRE(::chown(theirs.c_str(), 4711, 4711) == 0);
    REQUIRE(::chown(its_own.c_str(), 4712, 4712) == 0);
    REQUIRE(::chown(place.c_str(), 4712, 4712) == 0);
    world.action.paths = {place};
    world.target.name = place;
    const auto outcome = world.run(kClean);
    REQUIRE(outcome);
    CHECK(outcome->detail.view().find("delete (2), 1 left alone: ") == 0);
    CHECK(outcome->detail.view().find("`owners` does not have it") != std::string_view::npos);
    CHECK(exists(theirs));
    CHECK_FALSE(exists(its_own));
    CHECK_FALSE(exists(roots));
    world.action.owners = {"nobody-here"};
    CHECK(world.run(kClean).error().code == Errc::NotFound);
    world.action.owners = {"app"};
    REQUIRE(world.run(kClean));
    CHECK_FALSE(exists(theirs));
}

TEST_CASE("playbook run (RULES C3): no name, no second link, no database keeps others from going") {
    World world;
    const std::string deep =
        std::string(kClean).replace(kClean.find("*.log.*\"") + 8, 0, ", recurse: true");
    world.volume.write("a[1]{x}*?.log.1", "old");
    world.volume.write("two\nlines.log.1", "old");
    world.volume.write("linked.log.1", "old");
    world.volume.write("data/PG_VERSION", "15");
    world.volume.write("data/app.log.1", "old");
    REQUIRE(::link((world.volume / "linked.log.1").c_str(), (world.volume / "kept").c_str()) == 0);
    const auto outcome = world.run(deep);
    REQUIRE(outcome);
    CHECK_FALSE(outcome->failed);
    CHECK(outcome->detail.view().find("delete (4), 2 left alone: ") == 0);
    CHECK(exists(world.volume / "data/app.log.1"));
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

TEST_CASE("playbook run (RULES C2 row 16, T4): of a fleet's commands only whole ones run") {
    struct Row {
        std::string_view task;
        bool owners;
        bool fleets;
    };
    for (const Row& row :
         {Row{"command: /usr/bin/env-tool list", true, true},
          Row{"command: {argv: [/usr/bin/env-tool, list]}", true, true},
          Row{"command: /usr/bin/env-tool list --all", false, false},
          Row{"command: /usr/bin/env-tool {{ what }}", true, true},
          Row{"command: /usr/bin/env-tool {{ event.subject }}", false, false},
          Row{"command: /usr/bin/free-tool anything", true, false},
          Row{"command: {cmd: /usr/bin/env-tool list, stdin: x}", true, false},
          Row{"command: /usr/bin/env-tool list\n      environment: {A: b}", true, false},
          Row{"shell: echo x", true, false}}) {
        CAPTURE(row.task);
        for (const bool fleets : {false, true}) {
            for (const bool check : {false, true}) {
                World world;
                ::umask(022);
                world.action.shell = true;
                world.rule.extra_vars = {{"what", std::string("list")}};
                std::string text(row.task);
                for (const char* name : {"env-tool", "free-tool"}) {
                    const std::string tool = world.volume.write(name, "#!/bin/true\n");
                    REQUIRE(::chmod(tool.c_str(), 0755) == 0);
                    const std::string placeholder = std::string("/usr/bin/") + name;
                    if (const auto at = text.find(placeholder); at != std::string::npos) {
                        text.replace(at, placeholder.size(), tool);
                    }
                }
                world.action.commands = {{world.volume / "env-tool", "list"}};
                world.action.programs = {world.volume / "free-tool"};
                world.spawner.answer(0);
                const auto outcome = world.run(
                    "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - " + text + "\n",
                    check, fleets);
                const bool allowed = fleets ? row.fleets : row.owners;
                CHECK((outcome && !outcome->failed) == allowed);
                CHECK(world.spawner.asked.size() == (allowed && !check ? 1U : 0U));
            }
        }
    }
}

// docs/rules.md, "From a load limit to a rule".
TEST_CASE("playbook run: the restart above a load limit of the documents loads and runs") {
    if (!check_trusted_program("/usr/bin/systemctl")) return;  // a host without systemd
    const auto text = read_file("docs/examples/restart-on-load.yml", 1 << 16);
    const auto rules_text = read_file("docs/examples/restart-on-load-rules.yml", 1 << 16);
    REQUIRE(text);
    REQUIRE(rules_text);
    std::vector<Rule> rules;
    const auto parsed = parse_rulebook("rules.yml", *rules_text, rules);
    REQUIRE_MESSAGE(parsed.has_value(), std::string(parsed ? "" : parsed.error().text.c_str()));
    REQUIRE(rules.size() == 2);
    Incident incident;
    incident.kind = "cpu_saturation";
    incident.severity = Severity::Warning;
    for (const Rule& rule : rules) CHECK(rule.condition.holds(incident));
    CHECK(rules[0].target_for(incident)->name == "app.service");
    CHECK(rules[1].restrain.has_value());

    for (const bool high : {false, true}) {
        World world;
        world.target = {.action = 0, .name = "app.service", .kind = SubjectKind::Unit};
        world.action.paths.clear();
        world.action.commands = {{"/usr/bin/cat", "/proc/loadavg"}};
        world.spawner.answer(0, high ? "9.10 5.00 1.00 3/700 99\n" : "7.90 5.00 1.00 3/700 99\n");
        world.spawner.answer(0, "LoadState=loaded\nActiveState=active\n");
        world.spawner.answer(0);
        const auto outcome = world.run(*text);
        REQUIRE_MESSAGE(outcome.has_value(),
                        std::string(outcome ? "" : outcome.error().text.c_str()));
        CHECK_FALSE(outcome->failed);
        CHECK(outcome->changed == (high ? 1 : 0));
        REQUIRE(world.spawner.asked.size() == (high ? 3U : 1U));
        CHECK(world.spawner.asked[0].argv ==
              std::vector<std::string>{"/usr/bin/cat", "/proc/loadavg"});
        if (high) CHECK(world.spawner.asked[2].argv[3] == "restart");
        if (high) CHECK(world.spawner.asked[2].argv.back() == "app.service");
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

TEST_CASE("playbook run (RULES C3): a file with a second name keeps its mode and its times") {
    World world;
    const test::TemporaryDirectory outside;
    const std::string canary = outside.write("canary", "x");
    if (::link(canary.c_str(), (world.volume / "twin").c_str()) != 0) return;  // two file systems
    struct stat before {};
    REQUIRE(::stat(canary.c_str(), &before) == 0);
    for (const char* task : {"file: {path: '{{ event.subject }}/twin', mode: '0666'}",
                             "file: {path: '{{ event.subject }}/twin', state: touch}"}) {
        CAPTURE(task);
        const auto outcome =
            world.run("- hosts: localhost\n  gather_facts: false\n  tasks:\n    - " +
                      std::string(task) + "\n");
        CHECK((!outcome || outcome->failed));
    }
    struct stat after {};
    REQUIRE(::stat(canary.c_str(), &after) == 0);
    CHECK(after.st_mode == before.st_mode);
    CHECK(after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
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
