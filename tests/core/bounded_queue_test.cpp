#include "core/bounded_queue.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace homeostat;

TEST_CASE("bounded_queue: first in, first out, and full means no") {
    BoundedQueue<int> queue(2);
    CHECK(queue.push(1));
    CHECK(queue.push(2));
    CHECK_FALSE(queue.push(3));
    CHECK(queue.try_pop() == 1);
    CHECK(queue.push(4));
    CHECK(queue.try_pop() == 2);
    CHECK(queue.try_pop() == 4);
    CHECK_FALSE(queue.try_pop());
}

TEST_CASE("bounded_queue: closing hands out what is left, then wakes the consumer for good") {
    BoundedQueue<int> queue(4);
    REQUIRE(queue.push(7));
    queue.close();
    CHECK_FALSE(queue.push(8));
    CHECK(queue.pop(hours(1)) == 7);
    CHECK_FALSE(queue.pop(hours(1)));
}

TEST_CASE("bounded_queue: nothing is lost or doubled between two threads") {
    BoundedQueue<int> queue(8);
    constexpr int kCount = 20'000;
    std::thread producer([&queue] {
        for (int i = 0; i < kCount;) {
            if (queue.push(i)) ++i;
        }
        queue.close();
    });
    int expected = 0;
    while (const auto item = queue.pop(hours(1))) {
        if (*item != expected) FAIL("out of order");
        ++expected;
    }
    producer.join();
    CHECK(expected == kCount);
}
