#include "agent/uplink/spool.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>

#include "agent/uplink/backoff.hpp"
#include "tests/agent/uplink/memory_spool_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::MemorySpoolFiles;

namespace {

// Small rings, so that a few dozen records make them come round.
SpoolSettings small_settings() {
    return {.segment_bytes = 33U << 10U, .segments = {2, 3, 2}, .memory_bytes = 64U << 10U};
}

constexpr std::array<SpoolClass, 3> kClasses{SpoolClass::Critical, SpoolClass::Incident,
                                             SpoolClass::Info};

// Text that zstd cannot shrink, and that tells by itself whether it is whole.
std::string payload_of(std::uint64_t number, std::size_t size = 200) {
    JitterRandom random(number);
    std::string text = fmt::format("{:08}", number);
    while (text.size() < size) text.push_back(static_cast<char>(random.next()));
    return text;
}

std::uint64_t number_in(const std::string& payload) {
    REQUIRE(payload.size() >= 8);
    const std::uint64_t number = std::stoull(payload.substr(0, 8));
    CHECK(payload == payload_of(number, payload.size()));
    return number;
}

std::vector<std::uint64_t> read_all(Spool& spool, Spool::DestinationId id) {
    std::vector<std::uint64_t> numbers;
    SpoolRecord record;
    spool.rewind(id);
    while (spool.read(id, record)) numbers.push_back(number_in(record.payload));
    return numbers;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("spool: every destination reads everything, at its own pace") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool(small_settings(), files, 1);
    const auto fast = spool.add_destination("fast");
    const auto slow = spool.add_destination("slow");
    for (std::uint64_t n = 1; n <= 5; ++n) spool.add(SpoolClass::Incident, payload_of(n));
    REQUIRE(spool.commit(clock.now()));
    CHECK(spool.queued(fast) == 5);
    CHECK(read_all(spool, fast) == Numbers{1, 2, 3, 4, 5});
    spool.acknowledge(fast, SpoolClass::Incident, 5);
    spool.store_cursor(fast);
    CHECK(spool.queued(fast) == 0);
    CHECK(spool.queued(slow) == 5);
    CHECK(read_all(spool, fast).empty());
    CHECK(read_all(spool, slow) == Numbers{1, 2, 3, 4, 5});
}

TEST_CASE("spool: a restart goes on behind what was acknowledged") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    {
        Spool spool(small_settings(), files, 1);
        const auto id = spool.add_destination("otlp");
        for (std::uint64_t n = 1; n <= 5; ++n) spool.add(SpoolClass::Incident, payload_of(n));
        REQUIRE(spool.commit(clock.now()));
        spool.acknowledge(id, SpoolClass::Incident, 3);
        spool.store_cursor(id);
        spool.acknowledge(id, SpoolClass::Incident, 4);  // never stored: delivered once more
    }
    files.restart();
    Spool spool(small_settings(), files, 2);
    const auto id = spool.add_destination("otlp");
    CHECK(read_all(spool, id) == Numbers{4, 5});
    const auto newcomer = spool.add_destination("new");
    CHECK(read_all(spool, newcomer) == Numbers{1, 2, 3, 4, 5});
}

TEST_CASE("spool: what matters most is read first, and comes first when it arrives late") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Info, payload_of(1));
    spool.add(SpoolClass::Incident, payload_of(2));
    spool.add(SpoolClass::Critical, payload_of(3));
    spool.add(SpoolClass::Incident, payload_of(4));
    REQUIRE(spool.commit(clock.now()));
    SpoolRecord record;
    REQUIRE(spool.read(id, record));
    CHECK(number_in(record.payload) == 3);
    REQUIRE(spool.read(id, record));
    CHECK(number_in(record.payload) == 2);
    spool.add(SpoolClass::Critical, payload_of(5));
    REQUIRE(spool.commit(clock.now()));
    Numbers rest;
    while (spool.read(id, record)) rest.push_back(number_in(record.payload));
    CHECK(rest == Numbers{5, 4, 1});
}

TEST_CASE("spool (RULES B14): overflow drops the oldest of its class, the gap is told exactly") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Critical, payload_of(1));
    for (std::uint64_t n = 2; n < 200; ++n) {
        spool.add(SpoolClass::Info, payload_of(n, 1000));
        REQUIRE(spool.commit(clock.now()));
    }
    SpoolRecord record;
    REQUIRE(spool.read(id, record));
    CHECK(number_in(record.payload) == 1);
    CHECK(record.lost_before == 0);
    REQUIRE(spool.read(id, record));
    const std::uint64_t first = number_in(record.payload);
    CHECK(first > 100);
    CHECK(record.lost_before == first - 2);
    while (spool.read(id, record)) CHECK(record.lost_before == 0);
}

TEST_CASE("spool: a destination that is new misses nothing that was gone before it came") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool(small_settings(), files, 1);
    for (std::uint64_t n = 1; n < 200; ++n) {
        spool.add(SpoolClass::Info, payload_of(n, 1000));
        REQUIRE(spool.commit(clock.now()));
    }
    const auto id = spool.add_destination("late");
    SpoolRecord record;
    REQUIRE(spool.read(id, record));
    CHECK(record.lost_before == 0);
}

TEST_CASE("spool: a wiped ring does not swallow records for an old cursor") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    {
        Spool spool(small_settings(), files, 1);
        const auto id = spool.add_destination("otlp");
        for (std::uint64_t n = 1; n <= 9; ++n) spool.add(SpoolClass::Incident, payload_of(n));
        REQUIRE(spool.commit(clock.now()));
        spool.acknowledge(id, SpoolClass::Incident, 9);
        spool.store_cursor(id);
    }
    for (const std::string& name : files.names()) {
        if (name.find("cursor") == std::string::npos) {
            std::fill(files.content(name).begin(), files.content(name).end(), '\0');
        }
    }
    files.restart();
    Spool spool(small_settings(), files, 0x7777777777);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Incident, payload_of(10));
    REQUIRE(spool.commit(clock.now()));
    CHECK(read_all(spool, id) == Numbers{10});
}

TEST_CASE("spool: a disk that refuses from the start costs durability only, and is tried again") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    files.fail_always();
    files.fail_reads();
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Critical, payload_of(1));
    CHECK_FALSE(spool.commit(clock.now()));
    CHECK(spool.status().degraded);
    CHECK(spool.status().last_error.find("No space left") != std::string::npos);
    CHECK(spool.status().memory_records == 1);
    CHECK(read_all(spool, id) == Numbers{1});

    files.fail_always(false);
    files.fail_reads(false);
    clock.advance(seconds(30));
    CHECK_FALSE(spool.commit(clock.now()));  // not yet
    clock.advance(seconds(31));
    CHECK(spool.next_due() <= clock.now());
    CHECK(spool.commit(clock.now()));
    CHECK_FALSE(spool.status().degraded);
    CHECK(spool.status().memory_records == 0);
    spool.add(SpoolClass::Critical, payload_of(2));
    CHECK(spool.commit(clock.now()));
    CHECK(read_all(spool, id) == Numbers{1, 2});
    files.crash(1);
    Spool again(small_settings(), files, 2);
    CHECK(read_all(again, again.add_destination("otlp")) == Numbers{1, 2});
}

TEST_CASE("spool: memory is shared out like the disk, so noise does not push out what matters") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    files.fail_always();
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Critical, payload_of(1));
    for (std::uint64_t n = 2; n < 500; ++n) spool.add(SpoolClass::Info, payload_of(n, 1000));
    CHECK_FALSE(spool.commit(clock.now()));
    const SpoolStatus status = spool.status();
    CHECK(status.memory_dropped > 400);
    CHECK(status.memory_records * 1000 < small_settings().memory_bytes);
    const Numbers numbers = read_all(spool, id);
    CHECK(numbers.front() == 1);
    CHECK(numbers.back() == 499);
}

TEST_CASE("spool: a record that is too large is refused and counted") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Info, payload_of(1, kSpoolPayloadMax + 1));
    spool.add(SpoolClass::Info, payload_of(2, kSpoolPayloadMax));
    REQUIRE(spool.commit(clock.now()));
    CHECK(spool.status().refused == 1);
    CHECK(read_all(spool, id) == Numbers{2});
}

TEST_CASE("spool: a newest record that is damaged holds up nobody") {
    MemorySpoolFiles files;
    test::ManualClock clock;
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Critical, payload_of(1));
    spool.add(SpoolClass::Critical, payload_of(2));
    REQUIRE(spool.commit(clock.now()));
    std::string& bytes = files.content("critical-000");
    bytes[spool_record_bytes(200) + 50] ^= 1;
    CHECK(read_all(spool, id) == Numbers{1});
    CHECK(spool.acknowledge_to_end(id) == 1);
    CHECK(spool.queued(id) == 0);
    spool.add(SpoolClass::Critical, payload_of(3));
    REQUIRE(spool.commit(clock.now()));
    CHECK(read_all(spool, id) == Numbers{3});
}

namespace {

// A life of the spool under faults. Whatever it accepted and nobody acknowledged must be there.
struct Life {
    explicit Life(MemorySpoolFiles& disk) : files(disk) {}

    // Runs until `rounds` are over. Each round adds, commits, reads a little and acknowledges.
    void run(std::uint64_t rounds, std::uint64_t random) {
        Spool spool(small_settings(), files, random);
        const auto id = spool.add_destination("otlp");
        for (std::uint64_t round = 0; round < rounds; ++round) {
            clock.advance(seconds(20));
            std::map<std::uint64_t, SpoolClass> group;
            for (std::uint64_t i = 0; i <= round % 3; ++i) {
                const SpoolClass kind = kClasses[(round + i) % 3];
                group.emplace(++number, kind);
                spool.add(kind, payload_of(number, 300 + 40 * (number % 11)));
            }
            if (spool.commit(clock.now())) {
                // All that was only in memory before is on the disk now, too.
                accepted.insert(group.begin(), group.end());
                accepted.insert(doubtful.begin(), doubtful.end());
                doubtful.clear();
            } else {
                doubtful.insert(group.begin(), group.end());
            }
            SpoolRecord record;
            for (int reads = 0; reads < 2 && spool.read(id, record); ++reads) {
                delivered.insert(number_in(record.payload));
                spool.acknowledge(id, record.kind, record.seq);
            }
            spool.store_cursor(id);
        }
        doubtful.clear();  // what was in memory only is gone with the process
    }

    // Opens once more on a disk without faults: what was accepted is there or was delivered. The
    // rings are large enough for all of it, so nothing may be missing for want of room.
    void check_nothing_lost() {
        Spool spool(small_settings(), files, 99);
        CHECK_FALSE(spool.status().degraded);
        const Numbers found = read_all(spool, spool.add_destination("otlp"));
        const std::set<std::uint64_t> left(found.begin(), found.end());
        for (const auto& record : accepted) {
            const std::uint64_t each = record.first;
            CAPTURE(each);
            CHECK((left.count(each) == 1 || delivered.count(each) == 1));
        }
        for (const SpoolClass kind : kClasses) {  // in order, within each class
            std::uint64_t last = 0;
            for (const std::uint64_t each : found) {
                const auto known = accepted.find(each);
                if (known == accepted.end() || known->second != kind) continue;
                CHECK(each > last);
                last = each;
            }
        }
        spool.add(SpoolClass::Info, payload_of(1));
        CHECK(spool.commit(clock.now()));
    }

    MemorySpoolFiles& files;
    test::ManualClock clock;
    std::uint64_t number = 0;
    std::map<std::uint64_t, SpoolClass> accepted;
    std::map<std::uint64_t, SpoolClass> doubtful;
    std::set<std::uint64_t> delivered;
};

}  // namespace

TEST_CASE("spool (RULES B13): one fault at every call in turn loses nothing that was accepted") {
    for (const auto fault : {MemorySpoolFiles::Fault::Refuse, MemorySpoolFiles::Fault::Torn}) {
        for (const std::uint64_t count : {1U, 2U, 3U, 7U}) {
            for (std::uint64_t call = 1;; ++call) {
                CAPTURE(call);
                CAPTURE(count);
                MemorySpoolFiles files;
                files.fail_from(call, count, fault);
                Life life(files);
                life.run(12, 1);
                if (!files.fault_fired()) break;
                files.restart();
                life.check_nothing_lost();
            }
        }
    }
}

TEST_CASE("spool: a power cut at every call in turn loses nothing that was accepted") {
    for (std::uint64_t call = 1;; ++call) {
        bool fired = false;
        for (std::uint64_t seed = 0; seed < 8; ++seed) {
            CAPTURE(call);
            CAPTURE(seed);
            MemorySpoolFiles files;
            // From this call on the machine is dead; what it still "does" reaches nothing.
            files.fail_from(
                call, UINT64_MAX / 2,
                seed % 2 == 0 ? MemorySpoolFiles::Fault::Refuse : MemorySpoolFiles::Fault::Torn);
            Life life(files);
            life.run(12, 1);
            fired = files.fault_fired();
            files.crash(seed);
            life.check_nothing_lost();
        }
        if (!fired) break;
    }
}

TEST_CASE("spool: crashes upon crashes, with a ring that comes round") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        JitterRandom random(seed);
        MemorySpoolFiles files;
        Life life(files);
        for (int crash = 0; crash < 4; ++crash) {
            files.fail_from(files.calls() + 1 + random.next() % 60, UINT64_MAX / 2,
                            random.next() % 2 == 0 ? MemorySpoolFiles::Fault::Refuse
                                                   : MemorySpoolFiles::Fault::Torn);
            life.run(10, seed);
            files.crash(random.next());
        }
        life.check_nothing_lost();
    }
}

TEST_CASE("spool (RULES B15): damage costs only the records it touches, every start succeeds") {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        JitterRandom random(seed);
        MemorySpoolFiles files;
        test::ManualClock clock;
        std::vector<std::size_t> ends{0};
        {
            Spool spool(small_settings(), files, seed);
            for (std::uint64_t n = 1; n <= 60; ++n) {
                const std::string payload = payload_of(n, 100 + random.next() % 300);
                ends.push_back(ends.back() + spool_record_bytes(payload.size()));
                spool.add(SpoolClass::Critical, payload);
            }
            REQUIRE(spool.commit(clock.now()));
        }
        std::string& bytes = files.content("critical-000");
        REQUIRE(ends.back() <= bytes.size());
        const std::size_t at = random.next() % ends.back();
        const std::size_t size = std::size_t{1} << (random.next() % 14);
        std::set<std::uint64_t> touched;
        for (std::size_t i = at; i < std::min(at + size, bytes.size()); ++i) {
            bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(1 + random.next() % 255));
            for (std::uint64_t n = 1; n <= 60; ++n) {
                if (i >= ends[n - 1] && i < ends[n]) touched.insert(n);
            }
        }
        files.restart();
        Spool spool(small_settings(), files, seed);
        CHECK_FALSE(spool.status().degraded);
        const auto id = spool.add_destination("otlp");
        const Numbers left = read_all(spool, id);
        const std::set<std::uint64_t> found(left.begin(), left.end());
        for (std::uint64_t n = 1; n <= 60; ++n) {
            CAPTURE(n);
            CHECK((found.count(n) == 1 || touched.count(n) == 1));
        }
        // Between two records that are whole the gap is told exactly.
        SpoolRecord record;
        spool.rewind(id);
        std::uint64_t last = left.empty() ? 0 : left.front() - 1;
        while (spool.read(id, record)) {
            const std::uint64_t n = number_in(record.payload);
            if (n != left.front()) CHECK(record.lost_before == n - last - 1);
            last = n;
        }
        spool.add(SpoolClass::Critical, payload_of(61));
        CHECK(spool.commit(clock.now()));
        CHECK(read_all(spool, id).back() == 61);
    }
}

TEST_CASE("spool: one flipped bit, anywhere in any file, costs one record at most") {
    MemorySpoolFiles whole;
    test::ManualClock clock;
    constexpr std::uint64_t kRecords = 9;
    constexpr std::uint64_t kDelivered = 3;
    {
        Spool spool(small_settings(), whole, 1);
        const auto id = spool.add_destination("otlp");
        for (std::uint64_t n = 1; n <= kRecords; ++n) {
            spool.add(SpoolClass::Critical, payload_of(n));
            REQUIRE(spool.commit(clock.now()));
        }
        SpoolRecord record;
        for (std::uint64_t n = 1; n <= kDelivered; ++n) {
            REQUIRE(spool.read(id, record));
            spool.acknowledge(id, record.kind, record.seq);
            spool.store_cursor(id);
        }
    }
    const std::size_t used = kRecords * spool_record_bytes(200);
    for (const char* name : {"critical-000", "cursor-otlp"}) {
        const std::size_t size = std::min(whole.content(name).size(), used);
        for (std::size_t at = 0; at < size; ++at) {
            CAPTURE(name);
            CAPTURE(at);
            MemorySpoolFiles files = whole;
            char& byte = files.content(name)[at];
            byte = static_cast<char>(byte ^ static_cast<char>(1U << (at % 8)));
            files.damage_done();
            files.restart();
            Spool spool(small_settings(), files, 2);
            CHECK_FALSE(spool.status().degraded);
            const auto id = spool.add_destination("otlp");
            const Numbers left = read_all(spool, id);
            const std::set<std::uint64_t> found(left.begin(), left.end());
            std::size_t missing = 0;
            for (std::uint64_t n = kDelivered + 1; n <= kRecords; ++n)
                missing += 1 - found.count(n);
            CHECK(missing <= 1);
            // A cursor that is damaged repeats a delivery, and skips none.
            if (std::string_view(name) == "cursor-otlp") CHECK(missing == 0);
            spool.add(SpoolClass::Critical, payload_of(kRecords + 1));
            CHECK(spool.commit(clock.now()));
        }
    }
}

TEST_CASE("spool: a directory that is removed while running is noticed, and made anew") {
    const test::TemporaryDirectory directory;
    test::ManualClock clock;
    DirectorySpoolFiles files(directory / "spool");
    Spool spool(small_settings(), files, 1);
    const auto id = spool.add_destination("otlp");
    spool.add(SpoolClass::Incident, payload_of(1));
    REQUIRE(spool.commit(clock.now()));

    std::filesystem::remove_all(directory / "spool");
    spool.add(SpoolClass::Incident, payload_of(2));
    CHECK_FALSE(spool.commit(clock.now()));
    CHECK(spool.status().degraded);
    CHECK(spool.status().last_error.find("removed while in use") != std::string::npos);
    CHECK(read_all(spool, id).back() == 2);  // from memory

    clock.advance(seconds(61));
    spool.add(SpoolClass::Incident, payload_of(3));
    CHECK(spool.commit(clock.now()));
    CHECK_FALSE(spool.status().degraded);

    Spool after(small_settings(), files, 2);
    CHECK(read_all(after, after.add_destination("new")) == Numbers{2, 3});
}
