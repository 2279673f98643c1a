// EventConditions watches the rows of the catalogue whose signal is an event.
//
// An event is a moment, a condition lasts: it holds from the event (or from the first of a burst)
// until the event that ends it, or until nothing was heard for `clear_after`. Memory is fixed; at
// the limit further subjects are counted, and the newest event of a known one still counts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "core/finding.hpp"
#include "detectors/catalogue.hpp"

namespace homeostat {

class EventConditions {
public:
    static constexpr std::size_t kHeldMax = 64;  // (condition, subject) pairs at one time

    // `conditions` is borrowed and outlives this object; rows without an event are left alone.
    explicit EventConditions(std::span<const Condition> conditions);

    // Takes in one event. REQUIRES: event.at does not go back.
    void note(const Event& event);

    // Forgets what is over, then appends what holds while there is room; returns how many found
    // none.
    std::size_t report(Instant now, std::vector<Finding>& out);

    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    [[nodiscard]] std::size_t memory_bytes() const { return held_.capacity() * sizeof(Held); }

private:
    struct Held {
        std::size_t row = 0;
        Subject subject;
        Instant first;
        Instant last;
        std::uint32_t times = 0;
        bool confirmed = false;
    };

    void count(std::size_t row, const Event& event);
    void end(std::size_t row, const Event& event);
    [[nodiscard]] bool is_over(const Held& held, Instant now) const;

    std::span<const Condition> conditions_;
    std::vector<Held> held_;
    std::uint64_t refused_ = 0;
};

}  // namespace homeostat
