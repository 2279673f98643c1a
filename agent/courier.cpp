#include "agent/courier.hpp"

#include <algorithm>

namespace homeostat {
namespace {

constexpr Duration kRetryInterval = seconds(10);

}  // namespace

void Courier::finish(Instant now) {
    const auto unfinished = store_.unfinished();
    for (const Incident& incident : unfinished) shipper_.accept(incident, now);
    if (unfinished.empty()) return;
    shipper_.flush(now);
    publish(now);
    if (!unpublished_) store_status_.saved += unfinished.size();
}

void Courier::restore(const Incident& incident, Instant now) {
    tally_.restore(incident);
    shipper_.restore(incident, now);
}

bool Courier::step(Instant now, Duration patience) {
    bool any = false;
    for (auto incident = work_.to_ship.pop(patience); incident;
         incident = work_.to_ship.try_pop()) {
        accept(*incident, now);
        any = true;
    }
    if (any) {
        shipper_.flush(now);  // a disk that refuses shows in the spool's status
    }
    // The last chance comes when nothing more will.
    const bool again = is_behind() && (now >= retry_at_ || work_.to_ship.closed());
    if (again) save_waiting(now);
    if (any || again) publish(now);
    // Behind its incident, which makes the directory. Without one the story is poorer, no more.
    while (const auto snapshot = work_.snapshots.try_pop()) {
        (void)store_.save_processes(snapshot->incident, snapshot->text);
    }
    return any;
}

// A store that cannot be written must not keep the incident from being shipped.
void Courier::accept(const Incident& incident, Instant now) {
    const Status saved = store_.stage(incident);
    if (saved) ++store_status_.saved;
    if (!saved) ++store_status_.failures;
    forget_waiting(incident.id);  // the newer record tells all of it
    if (!saved) keep_waiting(incident);
    note(saved, now);
    tally_.note(incident);
    shipper_.accept(incident, now);
}

// Oldest first, and no further than the disk goes along.
void Courier::save_waiting(Instant now) {
    while (!unsaved_.empty()) {
        const Status saved = store_.stage(unsaved_.front());
        if (!saved) return note(saved, now);
        ++store_status_.saved;
        unsaved_.erase(unsaved_.begin());
    }
}

void Courier::publish(Instant now) {
    const Status shown = store_.publish();
    if (!shown && !unpublished_) ++store_status_.failures;
    unpublished_ = !shown;
    note(shown, now);
}

// What is over goes first: what lasts is what the next start must know.
void Courier::keep_waiting(const Incident& incident) {
    if (unsaved_.size() == kUnsavedMax) {
        const auto over = std::find_if(unsaved_.begin(), unsaved_.end(),
                                       [](const Incident& kept) { return kept.is_over(); });
        unsaved_.erase(over == unsaved_.end() ? unsaved_.begin() : over);
    }
    unsaved_.push_back(incident);
}

void Courier::forget_waiting(const IncidentId& id) {
    std::erase_if(unsaved_, [&](const Incident& kept) { return kept.id == id; });
}

void Courier::note(const Status& status, Instant now) {
    if (!status) {
        store_status_.last_error = status.error().text.view();
        retry_at_ = now + kRetryInterval;
    } else if (!is_behind()) {
        store_status_.last_error.clear();
    }
}

}  // namespace homeostat
