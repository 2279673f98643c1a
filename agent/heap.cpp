#include "agent/heap.hpp"

#include <malloc.h>

namespace homeostat {
namespace {

// The library's own first value. Set, it stays; else one large answer of an exporter raises it for
// good, and the next ones are never given back.
constexpr int kMappedBytesMin = 128 * 1024;

}  // namespace

void tame_heap() {
    (void)::mallopt(M_ARENA_MAX, 1);
    (void)::mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);
}

bool trim_heap() {
    return ::malloc_trim(0) == 1;
}

}  // namespace homeostat
