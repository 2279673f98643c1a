#include "actions/built_in_refusals.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/memory_root.hpp"

namespace homeostat {
namespace {

TEST_CASE("built-in refusals (RULES B6, C3): protected places, what is in them and above them") {
    for (const char* path : {"/",
                             "/bin",
                             "/boot",
                             "/boot/grub",
                             "/dev",
                             "/etc",
                             "/etc/nginx",
                             "/home",
                             "/home/a/logs",
                             "/lib",
                             "/lib64/x",
                             "/opt",
                             "/proc",
                             "/root",
                             "/root/a",
                             "/run",
                             "/run/user/0",
                             "/sbin",
                             "/srv",
                             "/sys",
                             "/usr",
                             "/usr/share/doc",
                             "/var",
                             "/var/lib",
                             "/var/lib/mysql",
                             "/var/lib/systemd",
                             "/var/spool",
                             "/var/spool/cron",
                             "/var/backups",
                             "/var/mail",
                             "/var/log",
                             "/var/cache",
                             "/tmp",
                             "/var/tmp",
                             "/mnt",
                             "/media",
                             "",
                             ".",
                             "srv/a",
                             "/srv/",
                             "/srv//a",
                             "/srv/./a",
                             "/srv/../etc",
                             "/srv/a/..",
                             "/srv/*",
                             "/srv/a?",
                             "/srv/[ab]",
                             "/srv/{a,b}",
                             "/srv/a\nb",
                             "/srv/a\\b"}) {
        CAPTURE(path);
        CHECK_FALSE(path_refusal(path).empty());
    }
}

TEST_CASE("built-in refusals: places where clean-ups belong are not in the way") {
    for (const char* path : {"/var/log/nginx", "/srv/volume", "/opt/app/logs",
                             "/var/cache/apt/archives", "/binaries", "/tmp/demo.x/volume",
                             "/var/lib/systemd/coredump", "/var/crash", "/data", "/etcetera/x"}) {
        CAPTURE(path);
        CHECK(path_refusal(path).empty());
    }
}

TEST_CASE("built-in refusals (RULES B6): what the host runs on is never restarted") {
    for (const char* unit : {"systemd-networkd.service",
                             "systemd-resolved.service",
                             "dbus.service",
                             "dbus.socket",
                             "NetworkManager.service",
                             "ssh.service",
                             "sshd.service",
                             "ssh@1.service",
                             "homeostat.service",
                             "homeostat-actuator.socket",
                             "user@0.service",
                             "getty@tty1.service",
                             "networking.service",
                             "nginx",
                             "nginx.mount",
                             "nginx.target",
                             "nginx.slice",
                             "*.service",
                             "ngin?.service",
                             "[a].service",
                             "-a.service",
                             ".service",
                             "",
                             "a b.service",
                             "a\n.service",
                             "../a.service",
                             "host",
                             "wpa_supplicant@wlan0.service",
                             "ifup@eth0.service",
                             "getty@tty1.service",
                             "autovt@tty1.service",
                             "homeostat@x.service",
                             "openvpn@office.service",
                             "dbus-org.freedesktop.login1.service",
                             "udev.service"}) {
        CAPTURE(unit);
        CHECK_FALSE(unit_refusal(unit).empty());
    }
    for (const char* unit : {"nginx.service", "postgresql@15-main.service", "app.socket",
                             "logrotate.timer", "a-b_c:d.service", "systemdish.service"}) {
        CAPTURE(unit);
        CHECK(unit_refusal(unit).empty());
    }
}

TEST_CASE("built-in refusals: an alias is judged by the unit that it stands for") {
    test::MemoryRoot root;
    root.set_link("etc/systemd/system/login.service", "/usr/lib/systemd/system/sshd.service");
    root.set_link("usr/lib/systemd/system/web.service", "nginx.service");
    root.set_link("etc/systemd/system/own.service", "/srv/units/own.service");
    const Status refused = check_unit_alias("login.service", root);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::Denied);
    CHECK(refused.error().text.view().find("login.service stands for sshd.service") == 0);
    for (const char* unit : {"web.service", "own.service", "nginx.service"}) {
        CAPTURE(unit);
        CHECK(check_unit_alias(unit, root));
    }
}

TEST_CASE("built-in refusals: a file found at run time may have any name, but no other place") {
    for (const char* path : {"/srv/a/[1].log", "/srv/a/two\nlines", "/srv/a/{x}*?"}) {
        CAPTURE(path);
        CHECK(place_refusal(path).empty());
        CHECK_FALSE(path_refusal(path).empty());
    }
    for (const char* path : {"/etc/[1]", "/srv/../etc/x", "/srv//a", "srv/a", "/", ""}) {
        CAPTURE(path);
        CHECK_FALSE(place_refusal(path).empty());
    }
}

TEST_CASE("built-in refusals: a program that runs other programs cannot be allowed") {
    for (const char* program : {"/bin/sh",
                                "/usr/bin/bash",
                                "/usr/bin/env",
                                "/usr/bin/python3",
                                "/usr/bin/python3.11",
                                "/usr/bin/perl",
                                "/usr/bin/perl5.36",
                                "/usr/bin/find",
                                "/usr/bin/xargs",
                                "/usr/bin/sudo",
                                "/usr/bin/systemctl",
                                "/usr/bin/systemd-run",
                                "/usr/bin/php8.2",
                                "/usr/bin/ruby3.1",
                                "/usr/bin/lua5.4",
                                "/usr/bin/tclsh8.6",
                                "/usr/bin/nodejs",
                                "/usr/bin/setpriv",
                                "sh",
                                "",
                                "/usr/bin/../bin/df"}) {
        CAPTURE(program);
        CHECK_FALSE(program_refusal(program).empty());
    }
    for (const char* program : {"/usr/bin/df", "/usr/bin/journalctl", "/usr/bin/apt-get"}) {
        CAPTURE(program);
        CHECK(program_refusal(program).empty());
    }
}

TEST_CASE("built-in refusals: the marks of a database") {
    CHECK(marks_database("PG_VERSION"));
    CHECK(marks_database("ibdata1"));
    CHECK(marks_database("collection-0.wt"));
    CHECK(marks_database("MANIFEST-000001"));
    CHECK_FALSE(marks_database("app.log.1"));
    CHECK_FALSE(marks_database(""));
}

TEST_CASE("built-in refusals: no pattern character passes in any place of a name") {
    for (const char c : std::string("*?[]{}\\\n\t\x7f")) {
        for (std::size_t at = 0; at <= 4; ++at) {
            std::string path = "/srv/volume";
            path.insert(1 + at, 1, c);
            CAPTURE(path);
            CHECK_FALSE(is_exact_path(path));
            if (c == '\\') continue;  // systemd writes \x2d in unit names
            std::string unit = "nginx.service";
            unit.insert(at, 1, c);
            CHECK_FALSE(is_exact_unit(unit));
        }
    }
}

}  // namespace
}  // namespace homeostat
