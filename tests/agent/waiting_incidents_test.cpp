#include "agent/waiting_incidents.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

namespace {

// "1.0 2.0 1.1!" : incident and seq of each that waits, oldest first; an end has a mark.
std::string contents(WaitingIncidents& waiting) {
    BoundedQueue<Incident> queue(64);
    CHECK(waiting.hand_to(queue) == 0);
    std::string out;
    while (const auto incident = queue.try_pop()) {
        for (std::uint64_t number = 1; number < 10; ++number) {
            if (incident->id != test::sample_incident(number).id) continue;
            out += fmt::format("{}.{}{} ", number, incident->seq, incident->is_over() ? "!" : "");
        }
    }
    return out;
}

struct Step {
    std::uint64_t number;
    std::uint32_t seq;
    bool over = false;
};

Incident record(const Step& step) {
    Incident incident = test::sample_incident(step.number, step.seq);
    if (step.over) incident.state = IncidentState::Resolved;
    return incident;
}

}  // namespace

TEST_CASE("waiting_incidents: in order, and only as many as the queue takes") {
    WaitingIncidents waiting(4);
    for (const Step& step : {Step{1, 0}, Step{2, 0}, Step{3, 0}}) CHECK(waiting.add(record(step)));
    BoundedQueue<Incident> queue(2);
    CHECK(waiting.hand_to(queue) == 1);
    CHECK(queue.size() == 2);
    CHECK(contents(waiting) == "3.0 ");
}

TEST_CASE("waiting_incidents: when it is full, what is missed least goes") {
    struct Row {
        std::vector<Step> waiting;
        Step newest;
        const char* left;
    };
    for (const Row& row : {
             // The end of 1 is the oldest, and stays: 2 comes again.
             Row{{{1, 4, true}, {2, 0}, {2, 1}}, {3, 0}, "1.4! 2.1 3.0 "},
             // Rather an update than a beginning.
             Row{{{2, 0}, {2, 1}, {2, 2}}, {3, 0}, "2.0 2.2 3.0 "},
             // The one that wants in counts, too.
             Row{{{1, 4, true}, {2, 1}, {3, 1}}, {3, 2}, "1.4! 2.1 3.2 "},
             // Nothing comes again: what lasts will be told once more.
             Row{{{1, 4, true}, {2, 1}, {3, 1}}, {4, 0}, "1.4! 3.1 4.0 "},
             // Only ends: the oldest.
             Row{{{1, 4, true}, {2, 1, true}, {3, 1, true}}, {4, 0}, "2.1! 3.1! 4.0 "},
         }) {
        CAPTURE(row.left);
        WaitingIncidents waiting(3);
        for (const Step& step : row.waiting) CHECK(waiting.add(record(step)));
        CHECK_FALSE(waiting.add(record(row.newest)));
        CHECK(contents(waiting) == row.left);
    }
}

TEST_CASE("waiting_incidents: it allocates nothing after its start") {
    WaitingIncidents waiting(8);
    BoundedQueue<Incident> queue(4);
    const Incident incident = record({1, 1});
    REQUIRE(queue.push(incident));
    const AllocationGuard guard;
    for (int i = 0; i < 100; ++i) (void)waiting.add(incident);
    (void)waiting.hand_to(queue);
    CHECK(guard.count() == 0);
}
