#include "agent/courier.hpp"

namespace homeostat {

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
    // Behind its incident, which makes the directory. Without one the story is poorer, no more.
    while (const auto snapshot = work_.snapshots.try_pop()) {
        (void)store_.save_processes(snapshot->incident, snapshot->text);
    }
    if (any) shipper_.flush(now);  // a disk that refuses shows in the spool's status
    return any;
}

// A store that cannot be written must not keep the incident from being shipped.
void Courier::accept(const Incident& incident, Instant now) {
    const auto saved = store_.save(incident);
    if (saved) {
        ++store_status_.saved;
        store_status_.last_error.clear();
    } else {
        ++store_status_.failures;
        store_status_.last_error = saved.error().text.view();
    }
    tally_.note(incident);
    shipper_.accept(incident, now);
}

}  // namespace homeostat
