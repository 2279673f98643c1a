#include "core/fixed_vector.hpp"

#include <doctest/doctest.h>

TEST_CASE("fixed_vector: refuses what does not fit and keeps what it has") {
    homeostat::FixedVector<int, 2> numbers;
    CHECK(numbers.push(1));
    CHECK(numbers.push(2));
    CHECK_FALSE(numbers.push(3));
    CHECK(numbers.full());
    CHECK(numbers.size() == 2);
    CHECK(numbers.back() == 2);
    numbers.shrink(1);
    CHECK(numbers.back() == 1);
    int sum = 0;
    for (const int number : numbers) sum += number;
    CHECK(sum == 1);
}
