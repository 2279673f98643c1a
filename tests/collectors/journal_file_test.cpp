#include "collectors/journal_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/allocation_guard.hpp"
#include "tests/collectors/journal_builder.hpp"

using namespace homeostat;
using test::JournalBuilder;

namespace {

// Reads out of a string, as pread(2) would.
struct Bytes {
    const std::string* text;

    Result<std::string_view> operator()(std::uint64_t offset, std::span<char> buffer) const {
        if (offset >= text->size()) return std::string_view{};
        const auto part = std::string_view(*text).substr(offset, buffer.size());
        std::memcpy(buffer.data(), part.data(), part.size());
        return std::string_view(buffer.data(), part.size());
    }
};

}  // namespace

TEST_CASE("journal_file: entries come in order with their fields, in both layouts") {
    for (const bool compact : {true, false}) {
        CAPTURE(compact);
        JournalBuilder builder(compact);
        builder.add(1000, {"PRIORITY=3", "_SYSTEMD_UNIT=app.service", "MESSAGE=it broke", "_PID=7",
                           "_UID=33", "SYSLOG_IDENTIFIER=app", "_TRANSPORT=journal"});
        builder.add(2000, {"PRIORITY=6", "_SYSTEMD_UNIT=app.service", "MESSAGE=two\nlines",
                           "_TRANSPORT=kernel", "UNIT=b.service", "UNIT_RESULT=exit-code",
                           "MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c", "OTHER=x"});
        FieldUnpacker unpacker;
        JournalFile file(unpacker);
        const Bytes read{&builder.bytes()};
        REQUIRE(file.open(read, JournalFile::From::Start));
        CHECK(file.first_unix_us() == 1000);
        CHECK_FALSE(file.archived());
        JournalEntry entry;
        REQUIRE(*file.next(read, entry));
        CHECK(entry.unix_us == 1000);
        CHECK(entry.sequence == 1);
        CHECK(entry.priority == 3);
        CHECK(entry.unit == "app.service");
        CHECK(entry.message == "it broke");
        CHECK(entry.pid == 7);
        CHECK(entry.uid == 33);
        CHECK(entry.identifier == "app");
        CHECK_FALSE(entry.from_kernel);
        REQUIRE(*file.next(read, entry));
        CHECK(entry.unit == "app.service");  // the same object as before
        CHECK(entry.priority == 6);
        CHECK(entry.pid == -1);
        CHECK(entry.from_kernel);
        CHECK(entry.about_unit == "b.service");
        CHECK(entry.unit_result == "exit-code");
        CHECK(entry.message_id == "d9b373ed55a64feb8242e02dbe79a49c");
        CHECK(entry.message == "two\nlines");
        CHECK_FALSE(*file.next(read, entry));
    }
}

TEST_CASE(
    "journal_file: from the tail on, only what is written afterwards, and nothing allocated") {
    JournalBuilder builder;
    builder.add(1, {"MESSAGE=old"});
    FieldUnpacker unpacker;
    JournalFile file(unpacker);
    const Bytes read{&builder.bytes()};
    REQUIRE(file.open(read, JournalFile::From::Tail));
    JournalEntry entry;
    CHECK_FALSE(*file.next(read, entry));
    builder.add(2, {"MESSAGE=new", "PRIORITY=4"}).add(3, {"MESSAGE=newer", "PRIORITY=4"});
    const AllocationGuard guard;
    REQUIRE(*file.next(read, entry));
    CHECK(file.behind() == 1);
    CHECK(entry.message == "new");
    REQUIRE(*file.next(read, entry));
    CHECK(entry.message == "newer");
    CHECK(entry.priority == 4);
    CHECK_FALSE(*file.next(read, entry));
    CHECK(guard.count() == 0);
    builder.archive();
    CHECK_FALSE(*file.next(read, entry));
    CHECK(file.archived());
}

TEST_CASE("journal_file: an entry that journald is still writing is left for later") {
    JournalBuilder builder;
    builder.add(1, {"MESSAGE=done"}).add(2, {"MESSAGE=half"});
    builder.put(152, 8, 1);  // the header does not count it yet
    FieldUnpacker unpacker;
    JournalFile file(unpacker);
    const Bytes read{&builder.bytes()};
    REQUIRE(file.open(read, JournalFile::From::Start));
    JournalEntry entry;
    REQUIRE(*file.next(read, entry));
    CHECK_FALSE(*file.next(read, entry));
    builder.put(152, 8, 2);
    REQUIRE(*file.next(read, entry));
    CHECK(entry.message == "half");
}

TEST_CASE("journal_file: long messages are cut, packed ones are unpacked") {
    for (const bool compact : {true, false}) {
        CAPTURE(compact);
        JournalBuilder builder(compact);
        builder.add(1, {"MESSAGE=" + std::string(2000, 'x'), "PRIORITY=2"});
        builder.compress_next().add(2, {"MESSAGE=" + std::string(600, 'y'), "PRIORITY=2"});
        builder.compress_next().add(3, {"OTHER=" + std::string(900, 'z'), "MESSAGE=short"});
        FieldUnpacker unpacker;
        JournalFile file(unpacker);
        const Bytes read{&builder.bytes()};
        REQUIRE(file.open(read, JournalFile::From::Start));
        JournalEntry entry;
        const AllocationGuard guard;
        REQUIRE(*file.next(read, entry));
        CHECK(entry.message.view() == std::string(511, 'x'));
        REQUIRE(*file.next(read, entry));
        CHECK(entry.message.view() == std::string(511, 'y'));
        CHECK_FALSE(entry.message_compressed);
        CHECK(entry.priority == 2);
        REQUIRE(*file.next(read, entry));
        CHECK(entry.message == "short");
        CHECK_FALSE(entry.message_compressed);
    }
}

TEST_CASE("journal_file: what we cannot unpack is left out and said so") {
    JournalBuilder builder;
    builder.compress_next(JournalBuilder::Lz4).add(1, {"MESSAGE=" + std::string(600, 'y')});
    builder.compress_next(JournalBuilder::Xz).add(2, {"MESSAGE=" + std::string(700, 'y')});
    builder.compress_next().add(3, {"MESSAGE=" + std::string(1UL << 20U, 'y'), "PRIORITY=2"});
    FieldUnpacker unpacker;
    JournalFile file(unpacker);
    const Bytes read{&builder.bytes()};
    REQUIRE(file.open(read, JournalFile::From::Start));
    JournalEntry entry;
    for (int i = 0; i < 3; ++i) {
        CAPTURE(i);
        REQUIRE(*file.next(read, entry));
        CHECK(entry.message.empty());
        CHECK(entry.message_compressed);
    }
    CHECK(entry.priority == 2);
}

TEST_CASE("journal_file: what is no journal, or a newer one, says so") {
    FieldUnpacker unpacker;
    JournalFile file(unpacker);
    for (const std::string& text :
         {std::string(), std::string("LPKSHHRH"), std::string(300, 'x'), std::string(300, '\0')}) {
        CHECK(file.open(Bytes{&text}, JournalFile::From::Start).error().code == Errc::Parse);
    }
    JournalBuilder newer;
    newer.put(12, 4, 1U << 7U);
    CHECK(file.open(Bytes{&newer.bytes()}, JournalFile::From::Start).error().code ==
          Errc::NotAvailable);
}

TEST_CASE("journal_file: damage anywhere is an error or an end, never a hang") {
    JournalBuilder builder;
    for (int i = 0; i < 20; ++i) {
        if (i % 5 == 0) builder.compress_next();
        builder.add(i + 1, {"MESSAGE=line " + std::to_string(i), "PRIORITY=5", "_PID=1"});
    }
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        std::string text = builder.bytes();
        for (int i = 0; i < 4; ++i) {
            text[random() % text.size()] = static_cast<char>(random());
        }
        if (round % 4 == 0) text.resize(random() % text.size());
        const Bytes read{&text};
        FieldUnpacker unpacker;
        JournalFile file(unpacker);
        JournalEntry entry;
        if (!file.open(read, JournalFile::From::Start)) continue;
        int entries = 0;
        for (;;) {
            const auto more = file.next(read, entry);
            if (!more || !*more) break;
            REQUIRE(++entries <= 2000);
        }
    }
}
