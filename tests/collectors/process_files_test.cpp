#include "collectors/process_files.hpp"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

namespace {

std::string fixture(std::string_view file) {
    return test::read_text("tests/fixtures/hosts/" + std::string(file));
}

}  // namespace

TEST_CASE("process files: the fields of a stat line") {
    const std::string text = fixture("kernel-4.18/proc/900/stat");
    const auto stat = parse_process_stat(text);
    REQUIRE(stat);
    CHECK(stat->pid == 900);
    CHECK(stat->name == "java");
    CHECK(stat->state == 'D');
    CHECK_FALSE(stat->kernel_thread);
    CHECK(stat->cpu_ticks == 912345 + 81234);
    CHECK(stat->threads == 212);
    CHECK(stat->start_ticks == 2041);
    CHECK(stat->rss_pages == 312000);
}

TEST_CASE("process files: a name may hold blanks and parentheses") {
    const std::string text = fixture("debian12-6.1/proc/2001/stat");
    const auto stat = parse_process_stat(text);
    REQUIRE(stat);
    CHECK(stat->name == "(sd-pam) x)");
    CHECK(stat->state == 'S');
    CHECK(stat->rss_pages == 512);
    CHECK(parse_process_stat(fixture("debian12-6.1/proc/77/stat"))->kernel_thread);
}

TEST_CASE("process files: who gives way, whose child it is, and whether it has a terminal") {
    const auto line = [](int terminal, int nice, int policy) {
        return fmt::format(
            "5 (a) T 4711 1 1 {} -1 4194304 0 0 0 0 1 1 0 0 20 {} 1 0 7 1000 100 0 "
            "0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 {} 0\n",
            terminal, nice, policy);
    };
    struct Row {
        int nice;
        int policy;
        bool gives_way;
    };
    for (const Row& row :
         {Row{0, 0, false}, Row{5, 0, false}, Row{10, 0, true}, Row{19, 0, true},
          Row{-20, 0, false}, Row{0, 3, true}, Row{0, 5, true}, Row{0, 2, false}}) {
        CAPTURE(row.nice);
        CAPTURE(row.policy);
        const std::string text = line(0, row.nice, row.policy);
        const auto stat = parse_process_stat(text);
        REQUIRE(stat);
        CHECK(stat->gives_way == row.gives_way);
        CHECK(stat->parent_pid == 4711);
        CHECK_FALSE(stat->has_terminal);
    }
    const std::string at_terminal = line(34816, 0, 0);
    CHECK(parse_process_stat(at_terminal)->has_terminal);
}

TEST_CASE("process files: a stat line that is cut or no such line is a parse error") {
    for (const char* text : {"1 (a) S\n", "x (a) S 1\n", "1 a S 1\n", "-1 (a) S 1\n",
                             "99999999999 (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_process_stat(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_process_stat(text));
    test::parse_all_beginnings(fixture("kernel-4.18/proc/900/stat"),
                               [](std::string_view text) { (void)parse_process_stat(text); });
}

TEST_CASE("process files: bytes given to write") {
    CHECK(*parse_written_bytes("rchar: 1\nwchar: 42\nsyscr: 3\n") == 42);
    for (const char* text : {"", "rchar: 1\n", "wchar:\n", "wchar: x\n", "xwchar: 1\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_written_bytes(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_written_bytes(text));
}

TEST_CASE("process files: a descriptor's flags are octal and tell who writes") {
    struct Row {
        const char* text;
        bool writes;
    };
    for (const Row& row :
         {Row{"pos:\t0\nflags:\t0100000\nmnt_id:\t28\n", false},  // O_RDONLY
          Row{"pos:\t99\nflags:\t0100001\nmnt_id:\t28\n", true},  // O_WRONLY
          Row{"pos:\t99\nflags:\t0102002\nmnt_id:\t28\n", true},  // O_RDWR | O_APPEND
          Row{"pos:\t0\nflags:\t010000003\n", false},             // neither: for ioctl only
          Row{"pos:\t0\n", false}, Row{"", false}, Row{"flags:\tx1\n", false}}) {
        CAPTURE(row.text);
        CHECK(is_open_for_writing(row.text) == row.writes);
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(is_open_for_writing(text));
}

TEST_CASE("process files: the unit is the last path element that names one") {
    struct Row {
        const char* text;
        const char* unit;
    };
    for (const Row& row :
         {Row{"0::/system.slice/cron.service\n", "cron.service"},
          Row{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope\n",
              "app-x.scope"},
          Row{"0::/system.slice/docker-4d.scope/init\n", "docker-4d.scope"}, Row{"0::/\n", ""},
          Row{"0::/kubepods/burstable/pod12\n", ""},
          Row{"0::/kubepods.slice/cri-containerd-"
              "4d1f0c6b8a2e4f7d9b3c5a6e8f0123456789abcdef0123456789abcdef012345.scope\n",
              "cri-containerd-"
              "4d1f0c6b8a2e4f7d9b3c5a6e8f0123456789abcdef0123456789abcdef012345.scope"},
          Row{"11:memory:/system.slice/a.service\n1:name=systemd:/system.slice/b.service\n",
              "b.service"},
          Row{"1:name=systemd:/system.slice/b.service\n0::/system.slice/c.service\n", "c.service"},
          Row{"1:name=systemd:/system.slice/b.service\n0::/\n", "b.service"}, Row{"", ""},
          Row{"garbage\n", ""}, Row{"0::/.service\n", ""}}) {
        CAPTURE(row.text);
        CHECK(unit_of_cgroup(row.text) == row.unit);
    }
    for (const std::string& text : test::hostile_texts()) CHECK(unit_of_cgroup(text).empty());
}

TEST_CASE("process files: paths below /proc") {
    CHECK(process_path(4711, "stat") == "proc/4711/stat");
    CHECK(process_path(1, "fd/") == "proc/1/fd/");
}
