#include "agent/incidents/event_history.hpp"

#include <cassert>

namespace homeostat {
void EventHistory::note(const Event& event) {
    for (NotedEvent& known : events_) {
        if (!same_fact(known.event, event) || event.at - known.last > kRepeatWithin) continue;
        known.last = event.at;
        ++known.times;
        return;
    }
    const NotedEvent noted{.event = event, .last = event.at, .times = 1};
    if (events_.size() < kEvents) {
        events_.push_back(noted);
        return;
    }
    events_[next_] = noted;
    next_ = (next_ + 1) % kEvents;
}

const NotedEvent& EventHistory::newest(std::size_t i) const {
    assert(i < events_.size());
    const std::size_t newest = (next_ + events_.size() - 1) % events_.size();
    return events_[(newest + events_.size() - i) % events_.size()];
}

}  // namespace homeostat
