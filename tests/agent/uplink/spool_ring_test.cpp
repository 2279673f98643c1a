#include "agent/uplink/spool_ring.hpp"

#include <doctest/doctest.h>

#include "tests/agent/uplink/memory_spool_files.hpp"

using namespace homeostat;
using test::MemorySpoolFiles;

namespace {

constexpr std::uint32_t kSegmentBytes = 40U << 10U;
constexpr std::uint16_t kSegments = 3;
constexpr std::uint32_t kMemoryBytes = 4096;
constexpr std::uint32_t kEpoch = 0x5EED;

SpoolRing make_ring() {
    return {SpoolClass::Incident, kSegmentBytes, kSegments, kMemoryBytes};
}

std::string payload_of(std::uint64_t seq, std::size_t size = 100) {
    return fmt::format("{:0>{}}", seq, size);
}

void add_and_commit(SpoolRing& ring, SpoolFiles& files, std::uint64_t first, std::uint64_t last,
                    std::size_t size = 100) {
    for (std::uint64_t seq = first; seq <= last; ++seq) {
        ring.add(0, payload_of(seq, size));
        REQUIRE(ring.commit(files).has_value());
    }
}

std::vector<std::uint64_t> read_all(SpoolRing& ring, SpoolFiles& files, std::uint64_t after = 0) {
    std::vector<std::uint64_t> seqs;
    RingPosition position{.seq = after};
    RingRecord record;
    while (ring.read(files, position, record)) {
        CHECK(record.payload == payload_of(record.seq, record.payload.size()));
        seqs.push_back(record.seq);
    }
    return seqs;
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> seqs;
    for (std::uint64_t seq = first; seq <= last; ++seq) seqs.push_back(seq);
    return seqs;
}

}  // namespace

TEST_CASE("ring: records are read in order, by this process and the next") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    CHECK(read_all(ring, files).empty());
    add_and_commit(ring, files, 1, 5);
    CHECK(read_all(ring, files) == range(1, 5));
    CHECK(read_all(ring, files, 3) == range(4, 5));
    CHECK(read_all(ring, files, 5).empty());

    files.restart();
    SpoolRing again = make_ring();
    REQUIRE(again.open(files, 1).has_value());
    CHECK(again.epoch() == ring.epoch());
    CHECK(again.newest_seq() == 5);
    add_and_commit(again, files, 6, 7);
    CHECK(read_all(again, files) == range(1, 7));
}

TEST_CASE("ring: a group takes one sync, whatever its size") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    for (std::uint64_t seq = 1; seq <= 50; ++seq) ring.add(0, payload_of(seq));
    const std::uint64_t before = files.syncs();
    REQUIRE(ring.commit(files).has_value());
    CHECK(files.syncs() == before + 1);
    CHECK(read_all(ring, files) == range(1, 50));
}

TEST_CASE("ring: what is not committed cannot be read") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    ring.add(0, payload_of(1));
    CHECK(read_all(ring, files).empty());
    CHECK(ring.newest_seq() == 0);
}

TEST_CASE("ring: a full ring drops its oldest segment, and a slow reader goes on behind it") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    add_and_commit(ring, files, 1, 4, 15'000);  // two a segment: 1-2, 3-4
    RingPosition slow;
    RingRecord record;
    REQUIRE(ring.read(files, slow, record));
    CHECK(record.seq == 1);
    add_and_commit(ring, files, 5, 9, 15'000);  // 9 takes the file of 3-4
    CHECK(ring.oldest_seq() == 5);
    REQUIRE(ring.read(files, slow, record));
    CHECK(record.seq == 5);
    CHECK(read_all(ring, files) == range(5, 9));
    files.restart();
    SpoolRing again = make_ring();
    REQUIRE(again.open(files, kEpoch).has_value());
    CHECK(read_all(again, files) == range(5, 9));
}

TEST_CASE("ring: many turns of the ring keep the newest and their order") {
    MemorySpoolFiles files;
    std::uint64_t next = 1;
    for (int life = 0; life < 10; ++life) {
        SpoolRing ring = make_ring();
        REQUIRE(ring.open(files, kEpoch).has_value());
        add_and_commit(ring, files, next, next + 22, 3001);
        next += 23;
        const auto seqs = read_all(ring, files);
        REQUIRE_FALSE(seqs.empty());
        CHECK(seqs == range(seqs.front(), next - 1));
        files.restart();
    }
}

TEST_CASE("ring: a group larger than a segment goes over several") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    for (std::uint64_t seq = 1; seq <= 5; ++seq) ring.add(0, payload_of(seq, 15'000));
    REQUIRE(ring.commit(files).has_value());
    CHECK(read_all(ring, files) == range(1, 5));
}

TEST_CASE("ring: damage costs the records it touches, is passed over and counted") {
    struct Row {
        const char* what;
        std::size_t at;
        std::size_t size;
        std::vector<std::uint64_t> left;
    };
    const std::size_t record = spool_record_bytes(100);
    for (const Row& row :
         {Row{"a bit of the first header", 8, 1, {2, 3, 4, 5}},
          Row{"the magic", record, 1, {1, 3, 4, 5}}, Row{"a payload", record + 60, 1, {1, 3, 4, 5}},
          Row{"a length", record + 28, 2, {1, 3, 4, 5}},
          Row{"padding and a header", 2 * record - 1, 9, {1, 2, 4, 5}},
          Row{"two records", 2 * record - 6, 12, {1, 4, 5}},
          Row{"all but the last", 0, 4 * record, {5}}, Row{"all", 0, 5 * record, {}}}) {
        CAPTURE(row.what);
        MemorySpoolFiles files;
        SpoolRing ring = make_ring();
        REQUIRE(ring.open(files, kEpoch).has_value());
        add_and_commit(ring, files, 1, 5);
        std::string& bytes = files.content("incident-000");
        for (std::size_t i = row.at; i < row.at + row.size; ++i) {
            bytes[i] = static_cast<char>(bytes[i] ^ 0x5A);
        }
        const std::uint64_t before = ring.damaged();
        const auto left = read_all(ring, files);
        CHECK(left == row.left);
        if (!row.left.empty()) CHECK(ring.damaged() > before);

        files.restart();
        SpoolRing again = make_ring();
        CHECK(again.open(files, 77).has_value());
        CHECK(read_all(again, files) == left);
        again.add(0, payload_of(again.newest_seq() + 1));
        CHECK(again.commit(files).has_value());
    }
}

TEST_CASE("ring: an unreadable disk is an empty ring, not an error of reading") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    add_and_commit(ring, files, 1, 3);
    files.fail_reads();
    CHECK(read_all(ring, files).empty());
    files.fail_reads(false);
    CHECK(read_all(ring, files) == range(1, 3));
}

TEST_CASE("ring (RULES B13): a failed sync moves the group on, and nothing is synced twice") {
    for (const std::uint64_t call : {1U, 2U}) {  // the write, the sync
        CAPTURE(call);
        MemorySpoolFiles files;
        SpoolRing ring = make_ring();
        REQUIRE(ring.open(files, kEpoch).has_value());
        REQUIRE(files.sync_directory().has_value());
        add_and_commit(ring, files, 1, 3);
        ring.add(0, payload_of(4));
        files.fail_from(files.calls() + call);
        REQUIRE(ring.commit(files).has_value());
        CHECK(files.fault_fired());
        CHECK(read_all(ring, files) == range(1, 4));
        files.crash(3);
        SpoolRing again = make_ring();
        REQUIRE(again.open(files, kEpoch).has_value());
        CHECK(read_all(again, files) == range(1, 4));
    }
}

TEST_CASE("ring: while the disk refuses, records are in memory, the oldest giving way") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    add_and_commit(ring, files, 1, 3);
    files.fail_always();
    for (std::uint64_t seq = 4; seq <= 9; ++seq) {
        ring.add(0, payload_of(seq, 900));
        CHECK_FALSE(ring.commit(files).has_value());
    }
    CHECK(ring.memory_records() == 4);
    CHECK(ring.memory_dropped() == 2);
    CHECK(read_all(ring, files) == std::vector<std::uint64_t>{1, 2, 3, 6, 7, 8, 9});

    files.fail_always(false);
    REQUIRE(ring.open(files, kEpoch).has_value());
    ring.add(0, payload_of(10, 900));
    REQUIRE(ring.commit(files).has_value());
    CHECK(ring.memory_records() == 0);
    CHECK(read_all(ring, files) == std::vector<std::uint64_t>{1, 2, 3, 6, 7, 8, 9, 10});
}

TEST_CASE("ring: a disk that goes on failing eats no more than one old segment") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    add_and_commit(ring, files, 1, 6, 15'000);  // all three segments full
    files.fail_always();
    ring.add(0, payload_of(7));
    for (int minute = 0; minute < 20; ++minute) {
        CHECK_FALSE(ring.open(files, kEpoch).has_value());
        CHECK_FALSE(ring.commit(files).has_value());
    }
    CHECK(read_all(ring, files) == range(1, 7));
}

TEST_CASE("ring: what was taken before the disk could be read is numbered behind what is on it") {
    MemorySpoolFiles files;
    SpoolRing before = make_ring();
    REQUIRE(before.open(files, kEpoch).has_value());
    add_and_commit(before, files, 1, 4);
    files.restart();

    files.fail_always();
    files.fail_reads();
    SpoolRing ring = make_ring();
    CHECK_FALSE(ring.open(files, 123).has_value());
    ring.add(0, payload_of(11));  // becomes 11, behind 10, which a destination has acknowledged
    CHECK_FALSE(ring.commit(files).has_value());
    files.fail_always(false);
    files.fail_reads(false);
    const std::array<SpoolMark, 2> marks{SpoolMark{.acked = 10, .epoch = before.epoch()},
                                         SpoolMark{.acked = 99, .epoch = 4}};
    REQUIRE(ring.open(files, 123, marks).has_value());
    CHECK(ring.epoch() == before.epoch());
    REQUIRE(ring.commit(files).has_value());
    CHECK(read_all(ring, files) == std::vector<std::uint64_t>{1, 2, 3, 4, 11});
}

TEST_CASE("ring: a record that a misdirected write left twice does not bring old numbers back") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    add_and_commit(ring, files, 1, 3);
    std::string& bytes = files.content("incident-000");
    const std::size_t record = spool_record_bytes(100);
    bytes.replace(3 * record, record, bytes, 0, record);  // the first one again, behind the last
    files.restart();
    SpoolRing again = make_ring();
    REQUIRE(again.open(files, kEpoch).has_value());
    CHECK(again.newest_seq() == 3);
    add_and_commit(again, files, 4, 4);
    CHECK(read_all(again, files) == range(1, 4));
}

TEST_CASE("ring: an alien file among ours does not make ours alien") {
    MemorySpoolFiles files;
    MemorySpoolFiles elsewhere;
    SpoolRing ring = make_ring();
    SpoolRing alien = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    REQUIRE(alien.open(elsewhere, 0xA11E).has_value());
    add_and_commit(ring, files, 1, 6, 15'000);
    add_and_commit(alien, elsewhere, 1, 6, 15'000);
    files.content("incident-000") = elsewhere.content("incident-000");
    files.restart();
    SpoolRing again = make_ring();
    REQUIRE(again.open(files, kEpoch).has_value());
    CHECK(again.epoch() == ring.epoch());
    CHECK(read_all(again, files) == range(3, 6));
}

TEST_CASE("ring: numbers that a destination has seen are not given out again") {
    MemorySpoolFiles files;
    SpoolRing ring = make_ring();
    REQUIRE(ring.open(files, kEpoch).has_value());
    ring.reserve_seq(41);
    CHECK(ring.oldest_seq() == 42);
    add_and_commit(ring, files, 42, 43);
    CHECK(read_all(ring, files) == range(42, 43));
}
