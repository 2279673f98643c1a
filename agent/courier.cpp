#include "agent/courier.hpp"

namespace homeostat {

void Courier::finish(Instant now) {
    const auto unfinished = store_.unfinished();
    for (const Incident& incident : unfinished) shipper_.accept(incident, now);
    if (unfinished.empty()) return;
    shipper_.flush(now);
    note_saved(store_.publish());
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
        if (const auto shown = store_.publish(); !shown) note_saved(shown);
    }
    // Behind its incident, which makes the directory. Without one the story is poorer, no more.
    while (const auto snapshot = work_.snapshots.try_pop()) {
        (void)store_.save_processes(snapshot->incident, snapshot->text);
    }
    return any;
}

// A store that cannot be written must not keep the incident from being shipped.
void Courier::accept(const Incident& incident, Instant now) {
    note_saved(store_.stage(incident));
    tally_.note(incident);
    shipper_.accept(incident, now);
}

void Courier::note_saved(const Status& saved) {
    if (saved) {
        ++store_status_.saved;
        store_status_.last_error.clear();
    } else {
        ++store_status_.failures;
        store_status_.last_error = saved.error().text.view();
    }
}

}  // namespace homeostat
