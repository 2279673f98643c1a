// Heap: what the C library's allocator is told, so that the daemon stays as small as what it holds.
//
// After start the watch allocates nothing; the threads beside it (configuration, servers, TLS) do,
// little and seldom. One arena is enough for them, and what they held for a moment goes back to the
// kernel instead of waiting for the next time. Source: mallopt(3), malloc_trim(3).
#pragma once

namespace homeostat {

// One arena for all threads, and a fixed size from which on blocks are mapped by themselves. Before
// the first thread.
void tame_heap();

// Gives back what is free now, after something large was built and thrown away. False when there
// was nothing to give. Some milliseconds: not for the tick.
bool trim_heap();

}  // namespace homeostat
