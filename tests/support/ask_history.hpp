// ask_history plays the scraper for a warm start: each question is answered before the next one.
#pragma once

#include "agent/warm_start.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat::test {

inline void ask_history(WarmStart& warm, Fetcher& server, const ManualClock& clock) {
    while (const auto number = warm.due(clock.now())) {
        const HttpRequest request = warm.question(*number, clock.now());
        warm.note_asked();
        warm.note(*number, server.fetch(request));
    }
}

}  // namespace homeostat::test
