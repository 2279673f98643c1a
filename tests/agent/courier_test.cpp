#include "agent/courier.hpp"

#include <doctest/doctest.h>

#include "agent/uplink/spool_files.hpp"
#include "core/file.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

ShipSettings one_otlp() {
    ShipSettings settings;
    settings.identity.version = "1";
    settings.first_send_spread = Duration{};
    settings.otlp.push_back(OtlpSettings{});
    return settings;
}

Incident incident() {
    Incident out;
    out.id = make_incident_id(1'795'176'000'000'000'000, {1, 2});
    out.kind = "filesystem_space";
    out.subject = {SubjectKind::Mount, "/srv"};
    return out;
}

struct Fixture {
    explicit Fixture(const std::string& store_directory = {})
        : store(store_directory.empty() ? directory.path() : store_directory) {}

    test::TemporaryDirectory directory;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher;
    DirectorySpoolFiles files{directory / "spool"};
    Spool spool{SpoolSettings{}, files, 1};
    Shipper shipper{one_otlp(), spool, fetcher, 1, clock.now()};
    IncidentStore store;
    Work work;
    Courier courier{work, store, shipper};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "courier: an incident is stored and spooled before any server is asked") {
    REQUIRE(work.to_ship.push(incident()));
    CHECK(courier.step(clock.now(), Duration{}));
    std::size_t damaged = 0;
    CHECK(store.load(damaged).size() == 1);
    CHECK(courier.store_status().saved == 1);
    CHECK(shipper.spool_status().records == 1);
    CHECK(fetcher.asked.empty());
    CHECK_FALSE(courier.step(clock.now(), Duration{}));
    CHECK(shipper.status()[0].queued == 1);
}

// A process that dies between the two leaves what nobody has seen: the next one spools it, shown or
// not. One that dies after the spool's flush sends the same record twice at most.
TEST_CASE_FIXTURE(Fixture, "courier: what a dead process had staged is spooled and shown") {
    REQUIRE(store.stage(incident()));
    IncidentStore restarted(directory.path());
    Courier next(work, restarted, shipper);
    std::size_t damaged = 0;
    CHECK(restarted.load(damaged).empty());
    next.finish(clock.now());
    CHECK(shipper.spool_status().records == 1);
    REQUIRE(restarted.load(damaged).size() == 1);
    CHECK(restarted.load(damaged)[0].id == incident().id);
    CHECK(next.store_status().saved == 1);
    next.finish(clock.now());
    CHECK(shipper.spool_status().records == 1);
}

TEST_CASE_FIXTURE(Fixture, "courier: what lasts over a restart is active from the start") {
    courier.restore(incident(), clock.now());
    REQUIRE(courier.tally().kinds().size() == 1);
    const IncidentCounts& counts = courier.tally().kinds()[0];
    CHECK(counts.active[static_cast<std::size_t>(incident().severity)] == 1);
    for (const auto& of_severity : courier.tally().opened()) {
        for (const std::uint64_t opened : of_severity) CHECK(opened == 0);
    }
    CHECK(shipper.spool_status().records == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "courier: what waited while the server was away arrives when it is back") {
    REQUIRE(work.to_ship.push(incident()));
    for (int i = 0; i < 60; ++i) {
        courier.step(clock.now(), Duration{});
        shipper.step(clock.now());
        clock.advance(seconds(10));
    }
    CHECK(shipper.status()[0].queued == 1);
    fetcher.set_answer([](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 200;
        return response;
    });
    for (int i = 0; i < 60; ++i) {
        courier.step(clock.now(), Duration{});
        shipper.step(clock.now());
        clock.advance(seconds(10));
    }
    CHECK(shipper.status()[0].queued == 0);
    CHECK(shipper.status()[0].sent == 1);
}

TEST_CASE("courier: a store that cannot be written is told, and does not stop the shipping") {
    Fixture fixture("/nonexistent/state");
    REQUIRE(fixture.work.to_ship.push(incident()));
    fixture.courier.step(fixture.clock.now(), Duration{});
    CHECK(fixture.courier.store_status().failures == 1);
    CHECK(fixture.courier.store_status().last_error.find("/nonexistent") != std::string::npos);
    CHECK(fixture.shipper.spool_status().records == 1);
}

namespace {

// A store that takes nothing until there is room, as on a full disk.
struct FullDisk {
    FullDisk() : fixture(parent.path() + "/disk/state") {}

    void make_room() { REQUIRE(make_directory(parent.path() + "/disk")); }
    void tell(const Incident& incident) {
        REQUIRE(fixture.work.to_ship.push(incident));
        fixture.courier.step(fixture.clock.now(), Duration{});
    }
    void wait(Duration time) {
        fixture.clock.advance(time);
        fixture.courier.step(fixture.clock.now(), Duration{});
    }
    std::vector<Incident> stored() {
        std::size_t damaged = 0;
        return fixture.store.load(damaged);
    }
    const StoreStatus& status() { return fixture.courier.store_status(); }

    test::TemporaryDirectory parent;
    Fixture fixture;
};

Incident numbered(std::uint64_t number, std::uint32_t seq = 0) {
    Incident out = incident();
    out.id = make_incident_id((1'795'176'000 + static_cast<std::int64_t>(number)) * 1'000'000'000,
                              {1, 2});
    out.seq = seq;
    return out;
}

}  // namespace

TEST_CASE("courier: what a full disk refused is saved when there is room, the newest of each") {
    FullDisk disk;
    disk.tell(numbered(1));
    disk.tell(numbered(2));
    disk.tell(numbered(1, 1));
    CHECK(disk.status().failures == 3);
    disk.wait(seconds(60));  // still full: tried again, and not counted again
    CHECK(disk.status().failures == 3);
    CHECK_FALSE(disk.status().last_error.empty());
    disk.make_room();
    disk.wait(seconds(9));
    CHECK(disk.stored().empty());
    disk.tell(numbered(3));  // this one is saved, and the others still are not
    CHECK(disk.stored().size() == 1);
    CHECK_FALSE(disk.status().last_error.empty());
    disk.wait(seconds(1));
    const auto stored = disk.stored();
    REQUIRE(stored.size() == 3);
    for (const Incident& kept : stored) CHECK(kept.seq == (kept.id == numbered(1).id ? 1 : 0));
    CHECK(disk.status().last_error.empty());
    CHECK(disk.status().saved == 3);
    CHECK(disk.fixture.shipper.spool_status().records == 4);  // none of them twice
}

TEST_CASE("courier: a newer record that is saved takes the place of the one that waits") {
    FullDisk disk;
    disk.tell(numbered(1));
    disk.make_room();
    disk.tell(numbered(1, 1));
    CHECK(disk.status().last_error.empty());
    disk.wait(seconds(60));
    REQUIRE(disk.stored().size() == 1);
    CHECK(disk.stored()[0].seq == 1);
}

TEST_CASE("courier: of too many that wait, those that are over go first") {
    FullDisk disk;
    disk.tell(numbered(1));
    Incident over = numbered(2);
    over.state = IncidentState::Resolved;
    disk.tell(over);
    for (std::size_t i = 2; i <= Courier::kUnsavedMax; ++i) disk.tell(numbered(i + 1));
    disk.make_room();
    disk.wait(seconds(60));
    const auto stored = disk.stored();
    CHECK(stored.size() == Courier::kUnsavedMax);
    for (const Incident& kept : stored) CHECK(kept.id != over.id);
}

TEST_CASE("courier: a daemon that stops tries once more at once") {
    FullDisk disk;
    disk.tell(numbered(1));
    disk.make_room();
    disk.fixture.work.to_ship.close();
    disk.wait(Duration{});
    CHECK(disk.stored().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "courier: what the processes did is stored behind its incident") {
    REQUIRE(work.to_ship.push(incident()));
    ProcessSnapshot snapshot;
    snapshot.incident = incident().id;
    snapshot.text = "50 S hog\n";
    REQUIRE(work.snapshots.push(snapshot));
    CHECK(courier.step(clock.now(), Duration{}));
    const auto found = store.processes(incident().id);
    REQUIRE(found);
    CHECK(found->text == "50 S hog\n");
}
