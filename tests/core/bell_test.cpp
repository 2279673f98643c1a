#include "core/bell.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace homeostat;

TEST_CASE("bell: a ring that nobody heard is kept, once") {
    Bell bell;
    CHECK_FALSE(bell.wait(Duration{}));
    bell.ring();
    bell.ring();
    CHECK(bell.wait(Duration{}));
    CHECK_FALSE(bell.wait(Duration{}));
}

TEST_CASE("bell: a ring ends the waiting of another thread") {
    Bell bell;
    bool rung = false;
    std::thread waiting([&] { rung = bell.wait(hours(1)); });
    bell.ring();
    waiting.join();
    CHECK(rung);
}
