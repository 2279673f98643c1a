#include "collectors/journal.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "tests/collectors/journal_builder.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::JournalBuilder;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryRoot root = std::move(*DirectoryRoot::open(directory.path().c_str()));
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    Journal journal;
    std::vector<std::string> seen;

    Status poll(std::uint32_t entries_max = 100) {
        return journal.poll(root, files, entries_max, [&](const JournalEntry& entry) {
            seen.emplace_back(entry.message.view());
        });
    }
    void write(const JournalBuilder& builder, const char* where = "var") {
        directory.write(std::string(where) + "/log/journal/abc/system.journal", builder.bytes());
    }
    void write_user(const JournalBuilder& builder, int id) {
        directory.write("var/log/journal/abc/user-" + std::to_string(id) + ".journal",
                        builder.bytes());
    }
    // Until users' journals are looked for again.
    void look_again() {
        for (std::uint32_t i = 0; i < Journal::kUserLooks; ++i) REQUIRE(poll());
    }
    void name_machine() { directory.write("etc/machine-id", "abc\n"); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "journal: follows the file from its end on, then through rotation") {
    name_machine();
    JournalBuilder first;
    first.add(1, {"MESSAGE=old"});
    write(first);
    REQUIRE(poll());
    CHECK(seen.empty());
    write(first.add(2, {"MESSAGE=a"}));
    REQUIRE(poll());
    CHECK(seen == std::vector<std::string>{"a"});
    // The last entry before the rotation is read, then the new file from its start.
    write(first.add(3, {"MESSAGE=b"}).archive());
    const std::string path = directory / "var/log/journal/abc/system.journal";
    REQUIRE(::rename(path.c_str(), (path + "@old").c_str()) == 0);
    JournalBuilder second;
    write(second.add(4, {"MESSAGE=c"}));
    REQUIRE(poll());
    REQUIRE(poll());
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE_FIXTURE(Fixture, "journal: a flood is read in portions") {
    name_machine();
    JournalBuilder builder;
    builder.add(1, {"MESSAGE=old"});
    write(builder);
    REQUIRE(poll());
    for (int i = 0; i < 5; ++i) builder.add(i + 2, {"MESSAGE=m"});
    write(builder);
    REQUIRE(poll(3));
    CHECK(seen.size() == 3);
    REQUIRE(poll(3));
    CHECK(seen.size() == 5);
    CHECK(journal.lost() == 0);
}

TEST_CASE_FIXTURE(Fixture, "journal: one in /run will do, none at all is not available") {
    CHECK(poll().error().code == Errc::NotAvailable);
    name_machine();
    CHECK(poll().error().code == Errc::NotAvailable);
    JournalBuilder builder;
    builder.add(1, {"MESSAGE=old"});
    write(builder, "run");
    REQUIRE(poll());
    write(builder.add(2, {"MESSAGE=new"}), "run");
    REQUIRE(poll());
    CHECK(seen == std::vector<std::string>{"new"});
}

TEST_CASE_FIXTURE(Fixture, "journal: a damaged one is told once, then read on from its tail") {
    name_machine();
    JournalBuilder builder;
    builder.add(1, {"MESSAGE=old"});
    write(builder);
    REQUIRE(poll());
    builder.add(2, {"MESSAGE=bad"});
    builder.put(builder.tail() + 8, 8, 1);  // an object smaller than its own header
    write(builder);
    CHECK(poll().error().code == Errc::Parse);
    JournalBuilder mended;
    mended.add(1, {"MESSAGE=old"}).add(2, {"MESSAGE=bad"});
    write(mended);
    REQUIRE(poll());
    write(mended.add(3, {"MESSAGE=good"}));
    REQUIRE(poll());
    CHECK(seen == std::vector<std::string>{"good"});
}

TEST_CASE_FIXTURE(Fixture, "journal: users' own journals are followed beside the system's") {
    name_machine();
    JournalBuilder system;
    JournalBuilder early;
    write(system.add(1, {"MESSAGE=old"}));
    write_user(early.add(1, {"MESSAGE=old of 1000"}), 1000);
    REQUIRE(poll());
    CHECK(seen.empty());
    write(system.add(5, {"MESSAGE=a"}));
    write_user(early.add(6, {"MESSAGE=b"}), 1000);
    REQUIRE(poll());
    CHECK(seen == std::vector<std::string>{"a", "b"});
    // Whose first entry is newer than all that we saw is read from its start.
    JournalBuilder late;
    write_user(late.add(9, {"MESSAGE=c"}), 1001);
    // Rotated ones, and what only looks like one, are not read.
    directory.write("var/log/journal/abc/user-1000@0001-0002.journal", "x");
    directory.write("var/log/journal/abc/user-1002.journal", "x");
    look_again();
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
    CHECK(journal.lost() == 0);
}

TEST_CASE_FIXTURE(Fixture, "journal: of very many users those that wrote last are followed") {
    name_machine();
    JournalBuilder system;
    write(system.add(1, {"MESSAGE=old"}));
    REQUIRE(poll());
    write(system.add(2, {"MESSAGE=a"}));
    REQUIRE(poll());
    constexpr int kUsers = 12;
    for (int id = 0; id < kUsers; ++id) {
        JournalBuilder user;
        write_user(user.add(3, {"MESSAGE=user"}), 1000 + id);
    }
    seen.clear();
    look_again();
    CHECK(seen.size() == Journal::kUsersMax);
}
