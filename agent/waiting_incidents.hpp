// WaitingIncidents holds the records that the courier's full queue refused, in order, in fixed
// memory.
//
// When there are more than fit, the courier has been stuck for many minutes, and something must go.
// First what a newer record of the same incident tells as well, and of that rather an update than a
// beginning; then what is still going on and will be told again; the end of an incident last.
#pragma once

#include <cstdint>
#include <vector>

#include "core/bounded_queue.hpp"
#include "core/incident.hpp"

namespace homeostat {

class WaitingIncidents {
public:
    // REQUIRES: capacity > 0.
    explicit WaitingIncidents(std::size_t capacity) { records_.reserve(capacity); }

    // False: another one had to go for it, as said above. Allocates nothing.
    bool add(const Incident& incident);

    // Moves what the queue takes, the oldest first. How many wait still.
    std::size_t hand_to(BoundedQueue<Incident>& queue);

    [[nodiscard]] std::size_t capacity() const { return records_.capacity(); }

private:
    [[nodiscard]] std::size_t least_missed(const Incident& newest) const;

    std::vector<Incident> records_;  // never more than its first capacity
};

}  // namespace homeostat
