// UnitSurvey asks systemd which units are failed or on their way: one `systemctl list-units` every
// half minute.
//
// On a thread of its own, never on the tick: a program is started and may hang. The list of such
// units is one question to systemd, some 10 ms of CPU in all. No D-Bus library and no client of our
// own: see docs/decisions/0009-systemd-without-dbus.md.
#pragma once

#include "collectors/failed_units.hpp"
#include "core/clock.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

class UnitSurvey {
public:
    static constexpr Duration kInterval = seconds(30);

    // All are borrowed and outlive the survey.
    UnitSurvey(const Root& root, Spawner& spawner, const Clock& clock, FailedUnits& units)
        : root_(root), spawner_(spawner), clock_(clock), units_(units) {}

    // Asks when it is time to. Blocks for at most ten seconds.
    void step();

private:
    void ask(Instant now);

    const Root& root_;
    Spawner& spawner_;
    const Clock& clock_;
    FailedUnits& units_;
    Instant asked_;
    bool started_ = false;
};

}  // namespace homeostat
