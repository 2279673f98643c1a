// Host is everything the agent may touch outside its own memory. main() builds one from the real
// machine; tests build one from a directory, a hand-wound clock and a scripted spawner.
#pragma once

#include "core/clock.hpp"
#include "core/fetcher.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

struct Host {
    const Root& root;    // a directory that stands for "/"
    const Clock& clock;  // read once per tick
    Spawner& spawner;    // argv arrays only: no shell, no PATH search, always a timeout
    Fetcher& fetcher;    // HTTP: exporters in, incidents out
};

}  // namespace homeostat
