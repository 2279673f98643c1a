#include "actions/trusted_file.hpp"

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace homeostat {
namespace {

using test::TemporaryDirectory;

void set_mode(const std::string& path, unsigned mode) {
    REQUIRE(::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0);
}

struct Tree {
    Tree() {
        directory.write("etc/rules/a.yml", "content");
        set_mode(directory / "etc", 0755);
        set_mode(directory / "etc/rules", 0755);
        set_mode(file, 0644);
    }
    TemporaryDirectory directory;
    std::string file = directory / "etc/rules/a.yml";
};

TEST_CASE("trusted file (RULES B5): the owner's own file is read, whole and up to its limit") {
    const Tree tree;
    const auto text = read_trusted_file(tree.file, 7);
    REQUIRE_MESSAGE(text.has_value(), std::string(text ? "" : text.error().text.c_str()));
    CHECK(*text == "content");
    CHECK(read_trusted_file(tree.file, 6).error().code == Errc::Limit);
    CHECK(read_trusted_file(tree.directory / "etc/rules/b.yml", 9).error().code == Errc::NotFound);
    CHECK(read_trusted_file(tree.directory / "none/b.yml", 9).error().code == Errc::NotFound);
}

TEST_CASE("trusted file (RULES B5): who can write it, or any directory above it, spoils it") {
    for (const unsigned mode : {0664U, 0646U, 0666U, 0777U, 0602U, 0620U}) {
        const Tree tree;
        set_mode(tree.file, mode);
        CAPTURE(mode);
        const auto text = read_trusted_file(tree.file, 100);
        REQUIRE_FALSE(text);
        CHECK(text.error().code == Errc::Denied);
        CHECK(text.error().text.view().find("can be written by group or others") !=
              std::string_view::npos);
    }
    for (const char* part : {"etc", "etc/rules"}) {
        for (const unsigned mode : {0775U, 0757U, 0777U}) {
            const Tree tree;
            set_mode(tree.directory / part, mode);
            CAPTURE(part);
            CAPTURE(mode);
            CHECK(read_trusted_file(tree.file, 100).error().code == Errc::Denied);
            CHECK(list_trusted_directory(tree.directory / "etc/rules", ".yml").error().code ==
                  Errc::Denied);
        }
    }
}

TEST_CASE("trusted file: a sticky directory of root's lies in the way of nothing") {
    if (::geteuid() != 0) return;  // only root can make one
    const Tree tree;
    set_mode(tree.directory / "etc", 01777);
    CHECK(read_trusted_file(tree.file, 100));
    // ... but what it holds directly can be put there by anybody.
    CHECK(list_trusted_directory(tree.directory / "etc", "").error().code == Errc::Denied);
    REQUIRE(::chown((tree.directory / "etc").c_str(), 65534, 65534) == 0);
    CHECK(read_trusted_file(tree.file, 100).error().code == Errc::Denied);
}

TEST_CASE("trusted file (RULES C2 row 10): another owner spoils it, wherever in the path") {
    if (::geteuid() != 0) return;
    for (const char* part : {"etc", "etc/rules", "etc/rules/a.yml"}) {
        const Tree tree;
        REQUIRE(::chown((tree.directory / part).c_str(), 65534, 65534) == 0);
        CAPTURE(part);
        const auto text = read_trusted_file(tree.file, 100);
        REQUIRE_FALSE(text);
        CHECK(text.error().text.view().find("belongs to another user") != std::string_view::npos);
    }
}

TEST_CASE("trusted file (RULES C2 row 11): a symbolic link anywhere in the path is refused") {
    const Tree tree;
    REQUIRE(::symlink("a.yml", (tree.directory / "etc/rules/b.yml").c_str()) == 0);
    REQUIRE(::symlink("rules", (tree.directory / "etc/linked").c_str()) == 0);
    REQUIRE(::symlink(tree.directory.path().c_str(), (tree.directory / "whole").c_str()) == 0);
    for (const char* path : {"etc/rules/b.yml", "etc/linked/a.yml", "whole/etc/rules/a.yml"}) {
        CAPTURE(path);
        const auto text = read_trusted_file(tree.directory / path, 100);
        REQUIRE_FALSE(text);
        CHECK(text.error().code != Errc::NotFound);
    }
}

TEST_CASE("trusted file: odd paths and things that are no files are refused") {
    const Tree tree;
    REQUIRE(::mkfifo((tree.directory / "etc/fifo").c_str(), 0600) == 0);
    for (const std::string& path :
         {std::string(), std::string("etc/rules/a.yml"), tree.directory / "etc/../etc/rules/a.yml",
          tree.directory / "etc/./rules/a.yml", tree.directory / "etc/rules",
          tree.directory / "etc/fifo", std::string("/"), std::string("/dev/null"),
          std::string("/proc/self/status") + std::string(5000, 'x')}) {
        CAPTURE(path);
        CHECK_FALSE(read_trusted_file(path, 1 << 20));
    }
    CHECK(read_trusted_file(tree.directory / "etc//rules///a.yml", 100));
}

TEST_CASE("trusted file: a directory is listed in order, without hidden names") {
    const Tree tree;
    for (const char* name : {"etc/rules/c.yml", "etc/rules/B.yml", "etc/rules/.d.yml",
                             "etc/rules/e.yml.bak", "etc/rules/f.txt"}) {
        tree.directory.write(name, "");
    }
    const auto names = list_trusted_directory(tree.directory / "etc/rules", ".yml");
    REQUIRE(names);
    CHECK(*names == std::vector<std::string>{"B.yml", "a.yml", "c.yml"});
    CHECK(check_trusted_directory(tree.directory / "etc/rules"));
    CHECK_FALSE(check_trusted_directory(tree.file));
    CHECK(check_trusted_directory(tree.directory / "none").error().code == Errc::NotFound);
}

TEST_CASE("trusted program (RULES B4, C2 row 1): only a file that nobody else can change") {
    const Tree tree;
    const std::string program = tree.directory.write("etc/tool", "#!/bin/true\n");
    set_mode(program, 0755);
    CHECK(check_trusted_program(program));
    struct Row {
        unsigned mode;
        std::string_view says;
    };
    for (const Row& row : {Row{0644, "cannot be executed"}, Row{04755, "set-user-id bit"},
                           Row{02755, "set-user-id bit"}, Row{0775, "can be written"},
                           Row{0757, "can be written"}}) {
        set_mode(program, row.mode);
        CAPTURE(row.mode);
        const auto checked = check_trusted_program(program);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().text.view().find(row.says) != std::string_view::npos);
    }
    CHECK_FALSE(check_trusted_program(tree.directory / "etc"));
    CHECK_FALSE(check_trusted_program("tool"));
    set_mode(program, 0755);
    set_mode(tree.directory / "etc", 0777);
    CHECK_FALSE(check_trusted_program(program));
}

// From now on, in this process, as on a kernel before 5.6 and under systemd's RestrictSUIDSGID=.
bool take_openat2_away() {
    std::array<sock_filter, 4> program{
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_CASE("trusted file (RULES B5): without openat2 the same is read and the same refused") {
    const Tree tree;
    const std::string base = tree.directory.path();
    REQUIRE(::symlink("a.yml", (base + "/etc/rules/link.yml").c_str()) == 0);
    REQUIRE(::symlink("rules", (base + "/etc/elsewhere").c_str()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (!take_openat2_away()) ::_exit(1);
        const auto text = read_trusted_file(tree.file, 100);
        if (!text || *text != "content") ::_exit(2);
        const auto is_link = [](const Result<std::string>& read) {
            return !read && read.error().text.view().ends_with("is a symbolic link");
        };
        if (!is_link(read_trusted_file(base + "/etc/rules/link.yml", 100))) ::_exit(3);
        if (!is_link(read_trusted_file(base + "/etc/elsewhere/a.yml", 100))) ::_exit(4);
        if (read_trusted_file(base + "/etc/rules/a.yml/b", 100)) ::_exit(5);
        const auto missing = read_trusted_file(base + "/etc/none.yml", 100);
        if (missing || missing.error().code != Errc::NotFound) ::_exit(6);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("trusted file: anybody's file is read without its links, and never waited for") {
    const Tree tree;
    set_mode(tree.file, 0666);
    CHECK(*read_anybodys_file(tree.file, 100) == "content");
    CHECK(read_anybodys_file(tree.file, 3).error().code == Errc::Limit);
    CHECK(read_anybodys_file(tree.directory / "none", 3).error().code == Errc::NotFound);
    CHECK_FALSE(read_anybodys_file(tree.directory / "etc/rules/../rules/a.yml", 100));
    CHECK_FALSE(read_anybodys_file(tree.directory / "etc", 100));
    CHECK_FALSE(read_anybodys_file("relative", 100));
    REQUIRE(::symlink("a.yml", (tree.directory / "etc/rules/link.yml").c_str()) == 0);
    CHECK(read_anybodys_file(tree.directory / "etc/rules/link.yml", 100).error().code ==
          Errc::Denied);
    REQUIRE(::symlink("rules", (tree.directory / "etc/more").c_str()) == 0);
    CHECK_FALSE(read_anybodys_file(tree.directory / "etc/more/a.yml", 100));
    REQUIRE(::mkfifo((tree.directory / "etc/pipe").c_str(), 0600) == 0);
    CHECK_FALSE(read_anybodys_file(tree.directory / "etc/pipe", 100));
}

TEST_CASE(
    "trusted file (RULES C2 row 13): the way to a place is root's, the place may be anybody's") {
    const TemporaryDirectory directory;
    directory.write("a/b/c", "");
    set_mode(directory / "a", 0755);
    set_mode(directory / "a/b", 0777);
    CHECK(check_trusted_way(directory / "a/b"));
    CHECK_FALSE(check_trusted_way(directory / "a/b/c"));
    CHECK(check_trusted_way(directory.path()));  // in /tmp, and ours
    CHECK(check_trusted_way(directory / "a/none").error().code == Errc::NotFound);
    set_mode(directory / "a", 0775);
    CHECK(check_trusted_way(directory / "a/b").error().code == Errc::Denied);
    set_mode(directory / "a", 01777);  // shared, but not root's
    if (::geteuid() != 0) CHECK_FALSE(check_trusted_way(directory / "a/b"));
    if (::geteuid() != 0) return;
    CHECK(check_trusted_way(directory / "a/b"));
    REQUIRE(::chown((directory / "a/b").c_str(), 65534, 65534) == 0);
    CHECK(check_trusted_way(directory / "a/b").error().code == Errc::Denied);
    set_mode(directory / "a", 0755);
    CHECK(check_trusted_way(directory / "a/b"));
    REQUIRE(::chown((directory / "a").c_str(), 65534, 65534) == 0);
    CHECK(check_trusted_way(directory / "a/b").error().code == Errc::Denied);
}

}  // namespace
}  // namespace homeostat
