#include "agent/uplink/spool_cursor.hpp"

#include <doctest/doctest.h>

#include "tests/agent/uplink/memory_spool_files.hpp"

using namespace homeostat;
using test::MemorySpoolFiles;

namespace {

void store(SpoolFiles& files, std::uint64_t acked) {
    SpoolCursor cursor("otlp");
    REQUIRE(cursor.load(files).has_value());
    cursor.mark(SpoolClass::Critical) = {.acked = acked, .epoch = 9};
    REQUIRE(cursor.store(files).has_value());
}

std::uint64_t stored(SpoolFiles& files) {
    SpoolCursor cursor("otlp");
    (void)cursor.load(files);
    return cursor.mark(SpoolClass::Critical).acked;
}

}  // namespace

TEST_CASE("cursor: what was stored is loaded, for each class and destination apart") {
    MemorySpoolFiles files;
    SpoolCursor cursor("otlp");
    REQUIRE(cursor.load(files).has_value());
    CHECK_FALSE(cursor.known());
    cursor.mark(SpoolClass::Critical) = {.acked = 5, .epoch = 1};
    cursor.mark(SpoolClass::Incident) = {.acked = 6, .epoch = 2};
    cursor.mark(SpoolClass::Info) = {.acked = 7, .epoch = 3};
    REQUIRE(cursor.store(files).has_value());

    SpoolCursor again("otlp");
    REQUIRE(again.load(files).has_value());
    CHECK(again.known());
    CHECK(again.mark(SpoolClass::Critical).acked == 5);
    CHECK(again.mark(SpoolClass::Incident).epoch == 2);
    CHECK(again.mark(SpoolClass::Info).acked == 7);

    SpoolCursor other("json_lines");
    REQUIRE(other.load(files).has_value());
    CHECK_FALSE(other.known());
}

TEST_CASE("cursor: a power cut during a store leaves the old or the new mark, never another") {
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        CAPTURE(seed);
        MemorySpoolFiles files;
        store(files, 10);
        REQUIRE(files.sync_directory().has_value());
        SpoolCursor cursor("otlp");
        REQUIRE(cursor.load(files).has_value());
        cursor.mark(SpoolClass::Critical).acked = 20;
        files.fail_from(files.calls() + 2);  // the sync
        CHECK_FALSE(cursor.store(files).has_value());
        files.crash(seed);
        const std::uint64_t found = stored(files);
        CHECK((found == 10 || found == 20));
    }
}

TEST_CASE("cursor: a damaged newest slot falls back to the one before") {
    for (std::size_t at = 0; at < 2 * kCursorSlotBytes; ++at) {
        MemorySpoolFiles files;
        store(files, 10);
        store(files, 20);
        std::string& bytes = files.content("cursor-otlp");
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        files.restart();
        const std::uint64_t found = stored(files);
        CAPTURE(at);
        // Generation 1 went to slot 1, generation 2 to slot 0.
        CHECK(found == (at < kCursorSlotBytes ? 10U : 20U));
    }
}

TEST_CASE("cursor (RULES B13): two dead slots are as good as none, and the next store works") {
    MemorySpoolFiles files;
    store(files, 10);
    files.content("cursor-otlp").assign(2 * kCursorSlotBytes, '\xff');
    CHECK(stored(files) == 0);
    store(files, 30);
    CHECK(stored(files) == 30);
}

TEST_CASE("cursor: a failed store never hits the slot that is known to be good") {
    MemorySpoolFiles files;
    store(files, 10);
    SpoolCursor cursor("otlp");
    REQUIRE(cursor.load(files).has_value());
    const std::string good = files.content("cursor-otlp").substr(kCursorSlotBytes);
    for (int tries = 0; tries < 5; ++tries) {
        cursor.mark(SpoolClass::Critical).acked = 20;
        // The write itself; later on the file is opened first.
        files.fail_from(files.calls() + (tries == 0 ? 1 : 2), 1, MemorySpoolFiles::Fault::Torn);
        CHECK_FALSE(cursor.store(files).has_value());
        CHECK(files.content("cursor-otlp").substr(kCursorSlotBytes) == good);
    }
    CHECK(cursor.store(files).has_value());
    CHECK(stored(files) == 20);
}

TEST_CASE("cursor: one that could not be loaded does not fall behind what it finds later") {
    MemorySpoolFiles files;
    for (std::uint64_t acked = 1; acked <= 9; ++acked) store(files, acked);
    files.restart();
    SpoolCursor cursor("otlp");
    files.fail_always();
    files.fail_reads();
    CHECK_FALSE(cursor.load(files).has_value());
    files.fail_always(false);
    files.fail_reads(false);
    cursor.mark(SpoolClass::Critical).acked = 100;
    REQUIRE(cursor.store(files).has_value());
    CHECK(stored(files) == 100);
}
