#include "actions/playbook/modules/file_result.hpp"

#include <doctest/doctest.h>

#include "tests/support/memory_root.hpp"

namespace homeostat::playbook {

TEST_CASE("file result: fields of a file") {
    test::MemoryRoot root;
    root.set("etc/passwd", "web:x:33:33::/:\n");
    struct stat info {};
    info.st_mode = S_IFREG | 04755U;
    info.st_uid = 33;
    info.st_gid = 4;
    info.st_size = 12;
    info.st_nlink = 2;
    info.st_mtim = {.tv_sec = 100, .tv_nsec = 500'000'000};
    const Accounts accounts(root);
    StatFields stat_fields(accounts);
    const Map fields = stat_fields.of("/a", info);
    CHECK(fields.find("mode")->text() == "4755");
    CHECK(fields.find("pw_name")->text() == "web");
    CHECK(fields.find("gr_name")->text().empty());
    CHECK(fields.find("isreg")->boolean());
    CHECK_FALSE(fields.find("isdir")->boolean());
    CHECK(fields.find("mtime")->number() == 100.5);
    CHECK(fields.find("nlink")->integer() == 2);
    // What is the same in two files is shared, what is not is each one's own.
    info.st_size = 13;
    const Map other = stat_fields.of("/b", info);
    CHECK(other.find("mode") == fields.find("mode"));
    CHECK(other.find("size")->integer() == 13);
    CHECK(fields.find("size")->integer() == 12);
    for (unsigned mode = 0; mode < 64; ++mode) {  // more kinds than are remembered
        info.st_mode = S_IFREG | mode;
        CHECK(stat_fields.of("/c", info).find("mode")->text() == mode_text(mode));
    }
    info.st_size = 12;
    Map state;
    add_state(state, info);
    CHECK(state.find("state")->text() == "file");
    CHECK(state.find("size")->integer() == 12);
}

TEST_CASE("file result: kinds and modes have names") {
    CHECK(kind_of(S_IFDIR) == "directory");
    CHECK(kind_of(S_IFLNK) == "link");
    CHECK(kind_of(S_IFIFO) == "fifo");
    CHECK(kind_of(S_IFSOCK) == "socket");
    CHECK(kind_of(S_IFBLK) == "block");
    CHECK(kind_of(S_IFCHR) == "char");
    CHECK(mode_text(S_IFREG | 0644U) == "0644");
    CHECK(mode_text(0) == "0000");
}

}  // namespace homeostat::playbook
