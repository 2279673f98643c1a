#include "actions/playbook/environment.hpp"

#include <doctest/doctest.h>

#include "core/clock.hpp"

namespace homeostat::playbook {

TEST_CASE("sleeping pauser: waits no shorter than asked, and not at all for nothing") {
    const SystemClock clock;
    SleepingPauser pauser;
    pauser.pause({});
    pauser.pause(seconds(-5));
    const Instant begin = clock.now();
    pauser.pause(milliseconds(1));
    CHECK(clock.now() - begin >= milliseconds(1));
}

}  // namespace homeostat::playbook
