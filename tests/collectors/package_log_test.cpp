#include "collectors/package_log.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

TEST_CASE("package_log: every manager's installs, upgrades and removals") {
    struct Row {
        std::string_view line;
        PackageAction action;
        std::string_view name;
        std::string_view version;
    };
    using enum PackageAction;
    for (const Row& row : {
             Row{"2026-11-20 10:00:00 upgrade libc6:amd64 2.36-9 2.36-10", Upgraded, "libc6",
                 "2.36-10"},
             Row{"2026-11-20 10:00:00 install nginx:amd64 <none> 1.22.1-9", Installed, "nginx",
                 "1.22.1-9"},
             Row{"2026-11-20 10:00:00 remove nginx:amd64 1.22.1-9 <none>", Removed, "nginx",
                 "1.22.1-9"},
             Row{"2026-11-20T10:00:00+0000 SUBDEBUG Upgrade: nginx-1:1.22-1.el9.x86_64", Upgraded,
                 "nginx", "1:1.22-1.el9"},
             Row{"2026-11-20T10:00:00+0000 SUBDEBUG Installed: gcc-c++-12-3.fc40.x86_64", Installed,
                 "gcc-c++", "12-3.fc40"},
             Row{"2026-11-20T10:00:00+0000 SUBDEBUG Erase: vim-9-1.x86_64", Removed, "vim", "9-1"},
             Row{"2026-11-20T10:00:00+0000 [1346] INFO RPM callback install stop "
                 "\"nginx-1:1.22-1.fc40.x86_64\" amount 10 total 10",
                 Installed, "nginx", "1:1.22-1.fc40"},
             Row{"2026-11-20T10:00:00+0000 [1346] INFO RPM callback uninstall stop "
                 "\"zlib-ng-0:2.1-3.fc40.x86_64\" amount 10 total 10",
                 Removed, "zlib-ng", "2.1-3.fc40"},
             Row{"Nov 20 10:00:00 Updated: 1:nginx-1.20-1.el7.x86_64", Upgraded, "nginx",
                 "1.20-1.el7"},
             Row{"2026-11-20 10:00:00|install|nginx|1.22-1|x86_64|root@h|repo|aa|", Installed,
                 "nginx", "1.22-1"},
             Row{"2026-11-20 10:00:00|remove |nginx|1.22-1|x86_64|root@h|", Removed, "nginx",
                 "1.22-1"},
             Row{"[2026-11-20T10:00:00+0000] [ALPM] upgraded nginx (1.0-1 -> 1.1-1)", Upgraded,
                 "nginx", "1.1-1"},
             Row{"[2026-11-20T10:00:00+0000] [ALPM] removed nginx (1.0-1)", Removed, "nginx",
                 "1.0-1"},
         }) {
        CAPTURE(row.line);
        const auto change = parse_package_line(row.line);
        REQUIRE(change);
        CHECK(name_of(change->action) == name_of(row.action));
        CHECK(change->name == row.name);
        CHECK(change->version == row.version);
    }
}

TEST_CASE("package_log: other lines of the same logs, cut ones and rubbish tell nothing") {
    for (const std::string_view line :
         {"2026-11-20 10:00:00 status installed nginx:amd64 1.22.1-9",
          "2026-11-20 10:00:00 startup archives unpack", "2026-11-20 10:00:00 upgrade",
          "2026-11-20 10:00:00 upgrade nginx:amd64 1", "# 2026-11-20 10:00:00 nginx|install|",
          "2026-11-20T10:00:00+0000 SUBDEBUG Upgraded: nginx-1.21-1.el9.x86_64",
          "2026-11-20T10:00:00+0000 [1] INFO RPM callback install start \"a-0:1-1.noarch\" total 1",
          "2026-11-20T10:00:00+0000 [1] INFO RPM callback stop trigger-install scriptlet \"a\"",
          "2026-11-20T10:00:00+0000 [1] INFO RPM callback install stop \"",
          "2026-11-20T10:00:00+0000 INFO --- logging initialized ---",
          "Installed:", "2026-11-20 10:00:00|command|root@h|'zypper' 'in' 'nginx'|",
          "[2026-11-20T10:00:00+0000] [PACMAN] Running 'pacman -Syu'", "||||", "[", "-", "a-b-c"}) {
        CAPTURE(line);
        CHECK_FALSE(parse_package_line(line));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_package_line(text));
    test::parse_all_beginnings("2026-11-20T10:00:00+0000 SUBDEBUG Upgrade: nginx-1:1.22-1.x86_64",
                               [](std::string_view text) { (void)parse_package_line(text); });
}
