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
