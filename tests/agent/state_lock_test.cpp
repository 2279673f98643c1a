#include "agent/state_lock.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <optional>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("state_lock: one agent at a time, and the others can tell whether it lives") {
    const test::TemporaryDirectory state;
    CHECK(watcher_state(state.path()) == WatcherState::NeverRan);
    std::optional<StateLock> first(std::in_place);
    REQUIRE(first->acquire(state.path()));
    CHECK(watcher_state(state.path()) == WatcherState::Running);
    StateLock second;
    const auto refused = second.acquire(state.path());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::Failed);
    CHECK(refused.error().text.view().find("in use by another") != std::string_view::npos);
    CHECK(watcher_state(state.path()) == WatcherState::Running);
    first.reset();
    CHECK(watcher_state(state.path()) == WatcherState::Gone);
    StateLock third;
    CHECK(third.acquire(state.path()));
}

TEST_CASE("state_lock: a lock that cannot be made is not somebody else's lock") {
    const test::TemporaryDirectory state;
    ::mkdir((state / "lock").c_str(), 0700);
    StateLock lock;
    const auto made = lock.acquire(state.path());
    REQUIRE_FALSE(made);
    CHECK(made.error().code != Errc::Failed);
    CHECK_FALSE(StateLock().acquire("/nonexistent/state"));
    CHECK(watcher_state("/nonexistent/state") == WatcherState::NeverRan);
}
