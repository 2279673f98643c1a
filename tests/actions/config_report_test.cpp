#include "actions/config_report.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

#include <set>
#include <string>

#include "core/file.hpp"
#include "core/parse.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"
#include "tests/support/signer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

struct World {
    World() {
        ::umask(022);
        files.write("rules/a.yml",
                    "- rules:\n"
                    "    - {name: a, mode: auto, condition: event.value > 1, action: "
                    "{run_playbook: {name: a.yml}}}\n"
                    "    - {name: b, condition: event.value > 1, action: "
                    "{run_playbook: {name: b.yml}}}\n");
        files.write("allow.yml",
                    "version: 1\nwatcher_uid: 1\nmax_mode: recommend\nactions:\n"
                    "  - {rule: a, playbook: a.yml, max_mode: auto, targets: [/srv/a], requires: "
                    "nothing}\n"
                    "  - {rule: c, playbook: a.yml, targets: []}\n");
        files.write("playbooks/a.yml",
                    "- hosts: localhost\n  gather_facts: false\n  tasks: [{debug: {msg: x}}]\n");
    }

    ConfigReport report(Trust trust = Trust::OwnerOnly) {
        const test::ManualClock clock;
        return report_config(files.path(), trust, root, clock, spawner);
    }

    test::TemporaryDirectory files;
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
};

bool has(const ConfigReport& report, std::string_view text) {
    CAPTURE(report.text);
    return report.text.find(text) != std::string::npos;
}

TEST_CASE("config report: says what each rule may do, where, and what looks like a mistake") {
    World world;
    const ConfigReport report = world.report();
    CHECK(report.errors == 0);
    CHECK(has(report, "2 rules, 1 allowed targets, at most recommend on this host"));
    CHECK(has(report, "rule 'a' ("));
    CHECK(has(report, "    on /srv/a: recommend (at most 2 in 1 h, 6 in 1 d)"));
    CHECK(has(report, "    no entry in allow.yml: it will never act"));
    CHECK(has(report, "warning: allow.yml line 6: no rule is called 'c' and runs a.yml"));
    CHECK(has(report, "warning: allow.yml line 6: no targets: it allows nothing"));
    CHECK(world.spawner.asked.empty());
}

TEST_CASE("config report: what does not fit this host is told where it stands in allow.yml") {
    World world;
    world.files.write("allow.yml",
                      "version: 1\nwatcher_uid: nosuch\nmax_mode: recommend\nactions:\n"
                      "  - rule: a\n    playbook: a.yml\n    max_mode: auto\n"
                      "    targets: [/srv/a]\n    requires: nothing\n"
                      "    owners: [root, nobody-here]\n"
                      "    programs: [/nonexist/bin, /nonexist/do x, /nonexist/do y]\n");
    world.root.set("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    const std::string place = "error: " + (world.files / "allow.yml");
    const ConfigReport report = world.report();
    CHECK(report.errors == 4);
    CHECK(has(report, place + ":2:14: watcher_uid: there is no user 'nosuch' on this host"));
    CHECK(has(report, place + ":10:20: owners: 'nobody-here': there is no such user"));
    CHECK(has(report, place + ":11:16: programs: '/nonexist/bin': "));
    CHECK(has(report, place + ":11:31: programs: '/nonexist/do': "));
    const auto config = load_action_config(world.files.path(), Trust::Anyone);
    REQUIRE(config);
    CHECK(unfit_for_host(*config, world.root).size() == 4);
    CHECK(has_rule(*config, config->allow_list.actions[0]));
    CHECK(world.report(Trust::Anyone).errors == 1);  // of the owner, where the playbook is checked
}

TEST_CASE("config report: every fault of every file is listed with its place") {
    World world;
    world.files.write("playbooks/a.yml", "- hosts: localhost\n  tasks: [{shell: x}]\n");
    ConfigReport report = world.report();
    CHECK(report.errors == 1);
    CHECK(has(report, "error: "));
    CHECK(has(report, "`shell` is not allowed"));
    world.files.write("rules/b.yml", "[");
    world.files.write("allow.yml", "version: 2\n");
    report = world.report(Trust::Anyone);
    CHECK(report.errors == 2);
    CHECK(has(report, "/rules/b.yml:1:"));
    CHECK(has(report, "/allow.yml:1:10: version"));
}

TEST_CASE("config report: a playbook that is missing is an error, for the allowed rules") {
    World world;
    REQUIRE(::unlink((world.files / "playbooks/a.yml").c_str()) == 0);
    CHECK(world.report().errors == 1);
    CHECK(world.report(Trust::Anyone).errors == 1);
}

TEST_CASE("config report: one key for settings and for actions is a warning") {
    World world;
    const test::Signer settings(1);
    const test::Signer actions(2);
    const std::string allow = *read_file(world.files / "allow.yml", 1 << 16);
    world.files.write("allow.yml", "fleet: {keys: ['" + actions.public_key() + "']}\n" + allow);
    CHECK_FALSE(has(world.report(), "threshold"));
    world.files.write("fleet.yml", "channel: p\nkeys: ['" + settings.public_key() + "']\n");
    CHECK_FALSE(has(world.report(), "threshold"));
    world.files.write("fleet.yml", "channel: p\nkeys:\n  - '" + settings.public_key() + "'\n  - '" +
                                       actions.public_key() + "'\n");
    for (const Trust trust : {Trust::OwnerOnly, Trust::Anyone}) {
        const ConfigReport report = world.report(trust);
        CHECK(report.errors == 0);
        CHECK(has(report, "warning: " + (world.files / "fleet.yml") + ":4:5: key "));
        CHECK(has(report, "is trusted for actions as well (allow.yml, fleet)"));
    }
    for (const char* broken : {"[", "", "keys: 3\n", "keys: [nobody]\n"}) {
        world.files.write("fleet.yml", broken);
        CHECK_FALSE(has(world.report(), "threshold"));
    }
}

// What a user gets who takes the comment signs of the example away.
std::string switched_on(const std::string& allow) {
    std::string text;
    std::string_view rest = allow;
    std::string_view line;
    while (next_line(rest, line)) {
        std::string copy(line);
        if (copy == "actions: []") copy = "actions:";
        if (copy.starts_with("#  ")) copy[0] = ' ';
        text += copy + "\n";
    }
    return text;
}

TEST_CASE(
    "config report (RULES B18): the shipped examples are fine as they are, and when switched on") {
    const test::ManualClock clock;
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    const std::string examples = "packaging/examples";
    const ConfigReport off = report_config(examples, Trust::Anyone, root, clock, spawner);
    CAPTURE(off.text);
    CHECK(off.errors == 0);
    CHECK(has(off, "24 rules, 0 allowed targets, at most observe on this host"));

    const test::TemporaryDirectory files;
    for (const char* folder : {"rules", "playbooks"}) {
        for (const auto& file : std::filesystem::directory_iterator(examples + "/" + folder)) {
            files.write(std::string(folder) + "/" + file.path().filename().string(),
                        *read_file(file.path().string(), 1 << 20));
        }
    }
    files.write("allow.yml", switched_on(*read_file(examples + "/allow.yml", 1 << 20)));
    const ConfigReport on = report_config(files.path(), Trust::Anyone, root, clock, spawner);
    CAPTURE(on.text);
    CHECK(on.errors == 0);
    CHECK(has(on, "on /srv/volume: observe"));
    CHECK(has(on, "on nginx.service: observe"));
    CHECK_FALSE(has(on, "warning"));
}

// What deletes containers' volumes is not among them, nor what runs what it is given.
TEST_CASE("config report (RULES B12, C2 row 16): shipped entries start these programs only") {
    auto list = parse_allow_list("allow.yml",
                                 switched_on(*read_file("packaging/examples/allow.yml", 1 << 20)));
    REQUIRE(list);
    std::set<std::string> programs;
    for (const AllowedAction& action : list->actions) {
        CHECK_FALSE(action.shell);
        CHECK(action.programs.empty());  // each with all its arguments
        for (const auto& command : action.commands) programs.insert(command.front());
    }
    CHECK(programs == std::set<std::string>{"/usr/bin/apt-get", "/usr/bin/cat", "/usr/bin/df",
                                            "/usr/bin/journalctl", "/usr/bin/ps",
                                            "/usr/bin/timedatectl"});
}

}  // namespace
}  // namespace homeostat
