// AllocationGuard counts calls of operator new on this thread while it is alive.
//
// Linked into test programs and into `homeostat` itself (the count is a metric of our own): the
// collect -> detect path allocates nothing after start-up, and this is how we know.
#pragma once

#include <cstdint>

namespace homeostat {

class AllocationGuard {
public:
    AllocationGuard();
    [[nodiscard]] std::uint64_t count() const;

private:
    std::uint64_t at_start_;
};

}  // namespace homeostat
