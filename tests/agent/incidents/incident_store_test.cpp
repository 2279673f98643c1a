#include "agent/incidents/incident_store.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

Incident make(std::uint64_t number, IncidentState state = IncidentState::Open) {
    Incident incident;
    incident.id = make_incident_id(static_cast<std::int64_t>(number) * 1'000'000, {number, number});
    incident.kind = "filesystem_space";
    incident.subject = {SubjectKind::Mount, "/srv"};
    incident.state = state;
    return incident;
}

Status save(IncidentStore& store, const Incident& incident) {
    const auto staged = store.stage(incident);
    return staged ? store.publish() : staged;
}

}  // namespace

TEST_CASE("incident_store: the newest version of each incident survives, oldest first") {
    const test::TemporaryDirectory state;
    IncidentStore store(state.path());
    REQUIRE(save(store, make(2)));
    REQUIRE(save(store, make(1)));
    Incident closed = make(1, IncidentState::Resolved);
    closed.seq = 3;
    REQUIRE(save(store, closed));
    std::size_t damaged = 0;
    const auto incidents = IncidentStore(state.path()).load(damaged);
    REQUIRE(incidents.size() == 2);
    CHECK(damaged == 0);
    CHECK(incidents[0].id == closed.id);
    CHECK(incidents[0].is_over());
    CHECK(incidents[0].seq == 3);
}

TEST_CASE(
    "incident_store: what is staged is shown once it is published, also by the next process") {
    const test::TemporaryDirectory state;
    std::size_t damaged = 0;
    IncidentStore store(state.path());
    REQUIRE(save(store, make(1)));
    Incident next = make(1);
    next.seq = 1;
    REQUIRE(store.stage(next));
    REQUIRE(store.stage(make(2)));
    REQUIRE(store.stage(make(2)));
    REQUIRE(store.load(damaged).size() == 1);
    CHECK(store.load(damaged)[0].seq == 0);

    IncidentStore restarted(state.path());
    REQUIRE(restarted.unfinished().size() == 2);
    REQUIRE(restarted.publish());
    REQUIRE(restarted.load(damaged).size() == 2);
    CHECK(restarted.load(damaged)[0].seq == 1);
    CHECK(damaged == 0);
    CHECK(IncidentStore(state.path()).unfinished().empty());
}

TEST_CASE("incident_store: what was staged and is damaged, or not the newest, goes") {
    const test::TemporaryDirectory state;
    IncidentStore store(state.path());
    Incident newest = make(1);
    newest.seq = 4;
    REQUIRE(save(store, newest));
    REQUIRE(store.stage(make(1)));
    const std::string garbage = "incidents/" + std::string(make(2).id.text()) + ".next";
    state.write(garbage, "\xFF\xFF garbage");
    IncidentStore restarted(state.path());
    CHECK(restarted.unfinished().empty());
    CHECK_FALSE(std::filesystem::exists(state / garbage));
    REQUIRE(restarted.publish());
    std::size_t damaged = 0;
    REQUIRE(restarted.load(damaged).size() == 1);
    CHECK(restarted.load(damaged)[0].seq == 4);
}

TEST_CASE("incident_store: a damaged file is counted and in nobody's way") {
    const test::TemporaryDirectory state;
    IncidentStore store(state.path());
    REQUIRE(save(store, make(1)));
    state.write("incidents/" + std::string(make(2).id.text()) + ".pb", "\xFF\xFF garbage");
    state.write("incidents/notes.txt", "not ours");
    state.write("incidents/x.pb", "not ours either");
    std::size_t damaged = 0;
    CHECK(store.load(damaged).size() == 1);
    CHECK(damaged == 1);
}

TEST_CASE("incident_store: keeps a bounded number, and never drops an open one") {
    const test::TemporaryDirectory state;
    IncidentStore store(state.path(), 3);
    REQUIRE(save(store, make(1, IncidentState::Open)));
    for (std::uint64_t i = 2; i <= 10; ++i) REQUIRE(save(store, make(i, IncidentState::Resolved)));
    std::size_t damaged = 0;
    const auto incidents = store.load(damaged);
    REQUIRE(incidents.size() == 3);
    CHECK(incidents[0].id == make(1).id);
    CHECK(incidents[2].id == make(10).id);
}

TEST_CASE("incident_store: what the processes did is kept beside an incident, as long as it is") {
    const test::TemporaryDirectory state;
    IncidentStore store(state.path(), 2);
    REQUIRE(save(store, make(1, IncidentState::Resolved)));
    CHECK(store.processes(make(1).id).error().code == Errc::NotFound);
    CHECK(store.save_processes(make(7).id, "50 S hog\n").error().code == Errc::NotFound);
    REQUIRE(store.save_processes(make(1).id, "50 S hog\n"));
    const auto found = store.processes(make(1).id);
    REQUIRE(found);
    CHECK(found->text == "50 S hog\n");
    CHECK(found->path == state / ("incidents/" + std::string(make(1).id.text()) + ".processes"));
    std::size_t damaged = 0;
    CHECK(store.load(damaged).size() == 1);
    CHECK(damaged == 0);
    for (std::uint64_t i = 2; i <= 4; ++i) REQUIRE(save(store, make(i, IncidentState::Resolved)));
    CHECK(store.processes(make(1).id).error().code == Errc::NotFound);
}

TEST_CASE("incident_store: finds by the beginning of an id, and says when that is not enough") {
    const test::TemporaryDirectory state;
    IncidentStore store(state.path());
    REQUIRE(save(store, make(1)));
    const std::string id(make(1).id.text());
    CHECK(store.find(id)->id == make(1).id);
    CHECK(store.find(id.substr(0, 18))->id == make(1).id);
    CHECK(store.find("abc").error().code == Errc::Invalid);
    CHECK(store.find("ffffffff").error().code == Errc::NotFound);
    Incident twin = make(1);
    twin.id.bytes[15] ^= 1U;
    REQUIRE(save(store, twin));
    CHECK(store.find(id.substr(0, 18)).error().code == Errc::Invalid);
}

TEST_CASE("incident_store: a place that cannot be written is an error, not a crash") {
    IncidentStore store("/nonexistent/state");
    const auto saved = save(store, make(1));
    REQUIRE_FALSE(saved);
    CHECK(saved.error().text.view().find("/nonexistent/state") != std::string_view::npos);
    std::size_t damaged = 0;
    CHECK(store.load(damaged).empty());
}

TEST_CASE("incident_store: nothing to read and not able to read are two things") {
    const test::TemporaryDirectory state;
    CHECK(IncidentStore(state.path()).check());
    const auto missing = IncidentStore("/nonexistent/state").check();
    REQUIRE_FALSE(missing);
    CHECK(missing.error().text.view().find("/nonexistent/state") != std::string_view::npos);
    state.write("file", "x");
    CHECK_FALSE(IncidentStore(state / "file").check());
    CHECK_FALSE(IncidentStore(state / "file").find("0123abcd"));
    state.write("incidents", "x");
    CHECK_FALSE(IncidentStore(state.path()).check());
}

TEST_CASE("incident_store: a state directory that was removed is made again") {
    const test::TemporaryDirectory directory;
    const std::string state = directory / "state";
    IncidentStore store(state);
    REQUIRE(save(store, make(1)));
    std::filesystem::remove_all(state);
    REQUIRE(save(store, make(2)));
    std::size_t damaged = 0;
    CHECK(store.load(damaged).size() == 1);
}
