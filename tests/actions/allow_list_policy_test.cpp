#include "actions/allow_list_policy.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "actions/descriptor.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

using playbook::PathUse;

AllowedAction entry(std::vector<std::string> paths) {
    AllowedAction action;
    action.line = 7;
    action.paths = std::move(paths);
    action.min_age = minutes(5);
    return action;
}
const AllowedTarget kMount{.action = 0, .name = "/srv/volume", .kind = SubjectKind::Mount};
const AllowedTarget kUnit{.action = 0, .name = "nginx.service", .kind = SubjectKind::Unit};

TEST_CASE("allow-list policy (RULES B11): files only at or beneath the paths of the entry") {
    const AllowedAction action = entry({"/srv/volume", "/srv/volume/deep/logs", "/var/log/app"});
    const AllowListPolicy policy(action, kMount);
    for (const PathUse use : {PathUse::Read, PathUse::Change, PathUse::Delete}) {
        for (const char* path :
             {"/", "/srv", "/srv/volume2", "/srv/volum", "/srv/volume.bak/a", "/var/log",
              "/var/log/apple", "/etc/passwd", "/etc", "/tmp/x", "/srv/other/volume/a"}) {
            CAPTURE(path);
            const auto grant = policy.allow_path(path, use);
            REQUIRE_FALSE(grant);
            CHECK(grant.error().code == Errc::Denied);
            CHECK(grant.error().text.view().find("allow.yml line 7: `paths` has nothing") == 0);
        }
    }
    CHECK(policy.allow_path("/srv/volume", PathUse::Read)->root == "/srv/volume");
    CHECK(policy.allow_path("/srv/volume/a/b", PathUse::Change)->root == "/srv/volume");
    // The nearest of the allowed directories is the one that bounds the walk.
    CHECK(policy.allow_path("/srv/volume/deep/logs/a", PathUse::Read)->root ==
          "/srv/volume/deep/logs");
}

TEST_CASE("allow-list policy (RULES B11, C2 row 12): deletion is of old regular files beneath") {
    const test::TemporaryDirectory volume;
    const AllowedAction action = entry({volume.path()});
    const AllowListPolicy policy(action, kMount);
    const auto grant = policy.allow_path(volume / "app.log.1", PathUse::Delete);
    REQUIRE(grant);
    CHECK(grant->root == volume.path());
    CHECK(grant->age_min == hours(1));  // the entry says five minutes
    AllowedAction patient = action;
    patient.min_age = hours(24);
    CHECK(AllowListPolicy(patient, kMount).allow_path(volume / "a", PathUse::Delete)->age_min ==
          hours(24));
    CHECK(grant->regular_files_only);
    const auto itself = policy.allow_path(volume.path(), PathUse::Delete);
    REQUIRE_FALSE(itself);
    CHECK(itself.error().text.view().find("is the allowed directory itself") !=
          std::string_view::npos);
}

TEST_CASE("allow-list policy (RULES C2 row 13): a root that others could swap is not worked in") {
    const test::TemporaryDirectory directory;
    directory.write("owners/logs/app.log.1", "");
    directory.write("theirs/logs/app.log.1", "");
    REQUIRE(::chmod((directory / "owners").c_str(), 0755) == 0);
    REQUIRE(::chmod((directory / "owners/logs").c_str(), 0777) == 0);  // only what is above counts
    REQUIRE(::chmod((directory / "theirs").c_str(), 0775) == 0);
    const AllowedAction action =
        entry({directory / "owners/logs", directory / "theirs/logs", directory / "theirs/none/x"});
    const AllowListPolicy policy(action, kMount);
    for (const PathUse use : {PathUse::Change, PathUse::Delete}) {
        CHECK(policy.allow_path(directory / "owners/logs/app.log.1", use));
        const auto grant = policy.allow_path(directory / "theirs/logs/app.log.1", use);
        REQUIRE_FALSE(grant);
        CHECK(grant.error().code == Errc::Denied);
        CHECK(grant.error().text.view().find("can be written by group or others") !=
              std::string_view::npos);
        CHECK_FALSE(policy.allow_path(directory / "theirs/none/x/y", use));
    }
    CHECK(policy.allow_path(directory / "theirs/logs/app.log.1", PathUse::Read));
}

TEST_CASE("allow-list policy (RULES C2 row 15): no paths allow nothing") {
    const AllowedAction action = entry({});
    const AllowListPolicy policy(action, kMount);
    for (const char* path : {"/", "/srv/volume", "/srv/volume/a", ""}) {
        CHECK_FALSE(policy.allow_path(path, PathUse::Read));
        CHECK_FALSE(policy.allow_path(path, PathUse::Delete));
    }
}

TEST_CASE("allow-list policy (RULES C3): nothing beside a database is deleted") {
    for (const char* mark : {"PG_VERSION", "ibdata1", "WiredTiger.wt", "MANIFEST-000004"}) {
        const test::TemporaryDirectory volume;
        volume.write(std::string("data/") + mark, "");
        volume.write("data/app.log.1", "");
        volume.write("logs/app.log.1", "");
        const AllowedAction action = entry({volume.path()});
        const AllowListPolicy policy(action, kMount);
        CAPTURE(mark);
        const auto may_go = [&](const char* in) {
            CHECK(policy.allow_path(volume / in, PathUse::Delete));
            const Descriptor directory(::open((volume / in).c_str(), O_RDONLY | O_DIRECTORY));
            return bool(policy.allow_removal(directory.get(), "app.log.1"));
        };
        CHECK_FALSE(may_go("data"));
        CHECK(may_go("logs"));
        CHECK_FALSE(may_go("data"));
    }
}

TEST_CASE("allow-list policy (RULES C3): an entry for a protected place still protects it") {
    const AllowedAction action = entry({"/etc", "/"});  // cannot be loaded; the second wall
    const AllowListPolicy policy(action, kMount);
    CHECK_FALSE(policy.allow_path("/etc/cron.d/x", PathUse::Change));
    CHECK_FALSE(policy.allow_path("/etc/cron.d/x", PathUse::Delete));
}

TEST_CASE("allow-list policy: the shell is what the entry says") {
    AllowedAction action = entry({});
    CHECK_FALSE(AllowListPolicy(action, kMount).allow_shell());
    action.shell = true;
    CHECK(AllowListPolicy(action, kMount).allow_shell());
}

TEST_CASE("allow-list policy (RULES B4, B6): programs exactly as listed, and owned by root") {
    const test::TemporaryDirectory directory;
    ::umask(022);
    const std::string mine = directory.write("tool", "#!/bin/true\n");
    REQUIRE(::chmod(mine.c_str(), 0755) == 0);
    AllowedAction action = entry({});
    action.programs = {mine, "/usr/bin/env"};
    const AllowListPolicy policy(action, kMount);
    CHECK(policy.allow_program(mine));
    for (const std::string& program :
         {std::string("/usr/bin/df"), std::string("tool"), mine + "x", mine + " ", std::string(),
          directory / "../tool", std::string("/usr/bin/env")}) {
        CAPTURE(program);
        CHECK_FALSE(policy.allow_program(program));
    }
    REQUIRE(::chmod(mine.c_str(), 0777) == 0);
    CHECK_FALSE(policy.allow_program(mine));
}

TEST_CASE("allow-list policy (RULES C2 rows 2 and 16): a command line in the list is exact") {
    ::umask(022);
    const test::TemporaryDirectory directory;
    const std::string tool = directory.write("tool", "#!/bin/true\n");
    const std::string other = directory.write("other", "#!/bin/true\n");
    REQUIRE(::chmod(tool.c_str(), 0755) == 0);
    REQUIRE(::chmod(other.c_str(), 0755) == 0);
    AllowedAction action = entry({});
    action.programs = {other};
    action.commands = {{tool, "show", "a b"}, {tool, "list"}};
    struct Row {
        std::vector<std::string> argv;
        bool owners;
        bool fleets;
    };
    const Row rows[] = {
        {{tool, "show", "a b"}, true, true},
        {{tool, "list"}, true, true},
        {{tool}, false, false},
        {{tool, "show"}, false, false},
        {{tool, "show", "a", "b"}, false, false},
        {{tool, "show", "a b", ""}, false, false},
        {{tool, "list", "--all"}, false, false},
        {{tool, "--x", "list"}, false, false},
        {{other}, true, true},
        {{other, "--all"}, true, false},
        {{"/usr/bin/df", "list"}, false, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.argv.size());
        CAPTURE(row.argv.back());
        CHECK(bool(AllowListPolicy(action, kMount).allow_start({.argv = row.argv})) == row.owners);
        CHECK(bool(AllowListPolicy(action, kMount, {.whose = PlaybookOf::Fleet})
                       .allow_start({.argv = row.argv})) == row.fleets);
    }
    CHECK(AllowListPolicy(action, kMount).allow_program(tool));
}

TEST_CASE("allow-list policy (RULES T4, C2 row 4): a fleet's playbook bends no program") {
    ::umask(022);
    const test::TemporaryDirectory directory;
    const std::string tool = directory.write("tool", "#!/bin/true\n");
    REQUIRE(::chmod(tool.c_str(), 0755) == 0);
    AllowedAction action = entry({});
    action.shell = true;
    action.commands = {{tool, "list"}};
    const std::vector<std::string> argv{tool, "list"};
    const AllowListPolicy owners(action, kMount);
    const AllowListPolicy fleets(action, kMount, {.whose = PlaybookOf::Fleet});
    CHECK(owners.allow_start({.argv = argv, .variables = true, .input = true}));
    CHECK(fleets.allow_start({.argv = argv}));
    CHECK_FALSE(fleets.allow_start({.argv = argv, .variables = true}));
    CHECK_FALSE(fleets.allow_start({.argv = argv, .input = true}));
    CHECK(owners.allow_shell());
    CHECK_FALSE(fleets.allow_shell());
}

TEST_CASE("allow-list policy (RULES T2): only the unit that is sick, and nothing that lasts") {
    const AllowedAction action = entry({});
    const AllowListPolicy policy(action, kUnit);
    for (const char* verb : {"start", "stop", "restart", "reload"}) {
        CAPTURE(verb);
        CHECK(policy.allow_unit("nginx.service", verb));
        for (const char* unit : {"nginx", "apache2.service", "ssh.service", "*.service", "",
                                 "nginx.service ", "homeostat.service"}) {
            CAPTURE(unit);
            CHECK_FALSE(policy.allow_unit(unit, verb));
        }
        CHECK_FALSE(AllowListPolicy(action, kMount).allow_unit("nginx.service", verb));
    }
    for (const char* verb : {"enable", "disable", "daemon-reload", "mask", "kill", ""}) {
        CAPTURE(verb);
        CHECK_FALSE(policy.allow_unit("nginx.service", verb));
    }
    const AllowedTarget ssh{.action = 0, .name = "ssh.service", .kind = SubjectKind::Unit};
    CHECK_FALSE(AllowListPolicy(action, ssh).allow_unit("ssh.service", "restart"));
}

TEST_CASE("allow-list policy (RULES B8): no network at all") {
    const AllowedAction action = entry({});
    const AllowListPolicy policy(action, kMount);
    for (const char* host : {"localhost", "127.0.0.1", "example.com", ""}) {
        CHECK_FALSE(policy.allow_host(host));
    }
    CHECK(policy.task_time_max() == action.time_limit);
}

TEST_CASE("allow-list policy: of a mount point its own unit may be started, and nothing else") {
    const AllowedAction action = entry({});
    const AllowListPolicy policy(action, kMount);
    CHECK(policy.allow_unit("srv-volume.mount", "start"));
    for (const char* verb : {"stop", "restart", "reload", "enable", "disable", "daemon-reload"}) {
        CHECK_FALSE(policy.allow_unit("srv-volume.mount", verb));
    }
    for (const char* unit : {"srv.mount", "srv-volume2.mount", "srv-volume.service", "home.mount",
                             "-.mount", "srv-volume", ""}) {
        CHECK_FALSE(policy.allow_unit(unit, "start"));
    }
    CHECK_FALSE(AllowListPolicy(action, kUnit).allow_unit("srv-volume.mount", "start"));
}

// What systemd-escape --path --suffix=mount prints for each.
TEST_CASE("allow-list policy: a mount unit is named as systemd names it") {
    struct Row {
        std::string_view path;
        std::string_view unit;
    };
    for (const Row& row :
         {Row{"/", "-.mount"}, Row{"/srv", "srv.mount"}, Row{"/srv/data", "srv-data.mount"},
          Row{"/srv/my-data", "srv-my\\x2ddata.mount"}, Row{"/srv/.hidden", "srv-.hidden.mount"},
          Row{"/.hidden", "\\x2ehidden.mount"}, Row{"/srv/a b", "srv-a\\x20b.mount"},
          Row{"/srv/\xc3\xa4", "srv-\\xc3\\xa4.mount"}}) {
        CHECK(mount_unit(row.path) == row.unit);
    }
}

}  // namespace
}  // namespace homeostat
