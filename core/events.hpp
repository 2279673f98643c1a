// Events is what one tick has heard of: a fixed buffer that collectors append to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/event.hpp"

namespace homeostat {

class Events {
public:
    // Some 500 bytes each, allocated now.
    explicit Events(std::size_t events_max) : events_(events_max) {}

    // Forgets the previous tick.
    void begin() { size_ = 0; }

    // Appends. What was told in this tick already is not told twice (kind, subject and object are
    // the same); what finds no room is dropped and counted.
    void add(const Event& event) {
        for (const Event& known : all()) {
            if (same_fact(known, event)) return;
        }
        if (size_ == events_.size()) {
            ++dropped_;
            return;
        }
        events_[size_++] = event;
    }

    [[nodiscard]] std::span<const Event> all() const { return {events_.data(), size_}; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] std::size_t memory_bytes() const { return events_.size() * sizeof(Event); }

private:
    std::vector<Event> events_;
    std::size_t size_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace homeostat
