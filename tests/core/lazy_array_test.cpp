#include "core/lazy_array.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"

using namespace homeostat;

TEST_CASE("lazy_array: items are made when they are asked for, out of what was set aside") {
    LazyArray<int> array(1000);
    CHECK(array.size() == 0);
    CHECK(array.max() == 1000);
    CHECK(array.memory_bytes() == 1000 * sizeof(int));
    const AllocationGuard guard;
    array.touch(2) = 7;
    CHECK(array.size() == 3);
    CHECK(array[0] == 0);
    CHECK(array[2] == 7);
    const int* const first = &array[0];
    for (std::size_t i = 0; i < array.max(); ++i) array.touch(i) += 1;
    CHECK(array.size() == 1000);
    CHECK(array[2] == 8);
    CHECK(&array[0] == first);  // nothing moves
    CHECK(guard.count() == 0);
    int sum = 0;
    for (const int item : array) sum += item;
    CHECK(sum == 1007);
}
