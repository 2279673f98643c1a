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

TEST_CASE("fixed_vector: sorting keeps the order of equals") {
    struct Item {
        int key;
        int place;
    };
    homeostat::FixedVector<Item, 8> items;
    for (const Item& item : {Item{2, 0}, Item{1, 1}, Item{2, 2}, Item{1, 3}, Item{0, 4}}) {
        REQUIRE(items.push(item));
    }
    homeostat::sort_in_place(items, [](const Item& a, const Item& b) { return a.key < b.key; });
    const int places[] = {4, 1, 3, 0, 2};
    for (std::size_t i = 0; i < items.size(); ++i) CHECK(items[i].place == places[i]);
}
