#include "core/allocation_guard.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

TEST_CASE("allocation_guard: sees every allocation of its own thread and no other's") {
    const homeostat::AllocationGuard guard;
    CHECK(guard.count() == 0);
    auto number = std::make_unique<int>(1);
    const auto after_one = guard.count();
    CHECK(after_one >= 1);
    struct alignas(128) Wide {
        char bytes[128];
    };
    auto wide = std::make_unique<Wide>();
    CHECK(guard.count() > after_one);
    CHECK(reinterpret_cast<std::uintptr_t>(wide.get()) % 128 == 0);
    const auto before_thread = guard.count();
    std::thread other([] {
        std::vector<int> many(1000);
        many[0] = 1;
    });
    other.join();
    CHECK(guard.count() <= before_thread + 2);  // starting a thread may allocate its own state
}
