// EventHistory keeps the newest events: where causes and evidence are looked for.
//
// An event that says what another one said (kind, subject and object are the same) refreshes it
// instead of taking a place, so that one noisy device cannot push out the upgrade before it. Fixed
// memory, no allocation after the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"

namespace homeostat {

struct NotedEvent {
    Event event;              // as it was first told; event.at is the first time
    Instant last;             // the newest time
    std::uint32_t times = 1;  // how often since
};

class EventHistory {
public:
    static constexpr std::size_t kEvents = 128;
    // An event is a repetition only this long after the one before it.
    static constexpr Duration kRepeatWithin = minutes(10);

    EventHistory() { events_.reserve(kEvents); }

    // REQUIRES: events come in the order in which they were heard of.
    void note(const Event& event);

    [[nodiscard]] std::size_t size() const { return events_.size(); }
    // The i-th by its first time, 0 is the newest. REQUIRES: i < size().
    [[nodiscard]] const NotedEvent& newest(std::size_t i) const;

    static constexpr std::size_t memory_bytes() { return kEvents * sizeof(NotedEvent); }

private:
    std::vector<NotedEvent> events_;  // a ring once it is full
    std::size_t next_ = 0;            // the oldest, overwritten next
};

}  // namespace homeostat
