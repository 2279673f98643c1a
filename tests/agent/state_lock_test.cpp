#include "agent/state_lock.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr int kNoNamespace = 77;

// In a child with mounts of its own: 0 when `directory` could be locked though nobody can write
// there, and kNoNamespace where this host allows no such child.
int lock_read_only(const std::string& directory) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool alone =
            ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWNS) == 0;
        if (!alone || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", directory.c_str(), "tmpfs", MS_RDONLY, nullptr) != 0) {
            ::_exit(kNoNamespace);
        }
        StateLock lock;
        ::_exit(lock.acquire(directory) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

}  // namespace

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

TEST_CASE("state_lock: a read-only disk without a lock file keeps nobody from watching") {
    const test::TemporaryDirectory state;
    const int code = lock_read_only(state.path());
    if (code == kNoNamespace) {
        MESSAGE("skipped: no mount namespace here");
        return;
    }
    CHECK(code == 0);
}
