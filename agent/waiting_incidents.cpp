#include "agent/waiting_incidents.hpp"

#include <algorithm>

namespace homeostat {

bool WaitingIncidents::add(const Incident& incident) {
    const bool room = records_.size() < records_.capacity();
    if (!room) {
        records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(least_missed(incident)));
    }
    records_.push_back(incident);
    return room;
}

std::size_t WaitingIncidents::hand_to(BoundedQueue<Incident>& queue) {
    std::size_t sent = 0;
    while (sent < records_.size() && queue.push(records_[sent])) ++sent;
    records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(sent));
    return records_.size();
}

// The oldest of the first kind there is. `newest` is the one that wants in.
std::size_t WaitingIncidents::least_missed(const Incident& newest) const {
    enum Kind { kUpdate, kBeginning, kLasting, kEnd };
    const auto kind_of = [&](std::size_t place) {
        const Incident& record = records_[place];
        const auto is_same = [&record](const Incident& other) { return other.id == record.id; };
        const auto behind = records_.begin() + static_cast<std::ptrdiff_t>(place) + 1;
        if (is_same(newest) || std::any_of(behind, records_.end(), is_same)) {
            return record.seq == 0 ? kBeginning : kUpdate;
        }
        return record.is_over() ? kEnd : kLasting;
    };
    std::size_t best = 0;
    Kind best_kind = kind_of(0);
    for (std::size_t place = 1; place < records_.size() && best_kind != kUpdate; ++place) {
        const Kind kind = kind_of(place);
        if (kind < best_kind) {
            best = place;
            best_kind = kind;
        }
    }
    return best;
}

}  // namespace homeostat
