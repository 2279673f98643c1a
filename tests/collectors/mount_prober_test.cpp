#include "collectors/mount_prober.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

using State = MountAnswer::State;

int answer_at_once(const char*, FilesystemUsage& usage) {
    usage.size_bytes = 4096;
    return 0;
}

int hang(const char*, FilesystemUsage&) {
    for (;;) ::pause();
}

int die(const char*, FilesystemUsage&) {
    ::_exit(1);
}

// Asks until the helper, a real process, has answered.
MountAnswer ask_until_answered(ForkedMountProber& prober, const char* path, Instant now) {
    MountAnswer answer = prober.ask(path, now);
    while (answer.state == State::Waiting) {
        std::this_thread::yield();
        answer = prober.ask(path, now);
    }
    return answer;
}

}  // namespace

TEST_CASE("mount_prober: the first call asks, a later one has the answer and asks again") {
    ForkedMountProber prober(answer_at_once);
    const test::ManualClock clock;
    CHECK(prober.ask("/mnt", clock.now()).state == State::Waiting);
    for (int i = 0; i < 3; ++i) {
        const auto answer = ask_until_answered(prober, "/mnt", clock.now());
        CHECK(answer.state == State::Known);
        CHECK(answer.usage.size_bytes == 4096);
    }
}

TEST_CASE("mount_prober: a real mount, and one that is not there") {
    ForkedMountProber prober;
    const test::ManualClock clock;
    const auto root = ask_until_answered(prober, "/", clock.now());
    CHECK(root.state == State::Known);
    CHECK(root.usage.size_bytes > 0);
    const auto none = ask_until_answered(prober, "/no/such/mount", clock.now());
    CHECK(none.state == State::Failed);
    CHECK(none.error_number == ENOENT);
}

TEST_CASE("mount_prober: one that hangs is waited for, by one helper, and holds no other up") {
    ForkedMountProber prober(hang);
    test::ManualClock clock;
    CHECK(prober.ask("/mnt/dead", clock.now()).state == State::Waiting);
    for (int i = 1; i <= 100; ++i) {
        clock.advance(seconds(10));
        const auto answer = prober.ask("/mnt/dead", clock.now());
        CHECK(answer.state == State::Waiting);
        CHECK(answer.waiting == seconds(10 * i));
    }
    CHECK(prober.ask("/mnt/other", clock.now()).state == State::Waiting);
}

TEST_CASE("mount_prober: a helper that dies is a failure, not an answer") {
    ForkedMountProber prober(die);
    const test::ManualClock clock;
    const auto answer = ask_until_answered(prober, "/mnt", clock.now());
    CHECK(answer.state == State::Failed);
    CHECK(answer.error_number == EIO);
}

TEST_CASE("mount_prober: more mounts than there is room for are refused until one is forgotten") {
    ForkedMountProber prober(hang);
    test::ManualClock clock;
    const auto name = [](std::size_t i) { return "/mnt/" + std::to_string(i); };
    for (std::size_t i = 0; i < ForkedMountProber::kMountsMax; ++i) {
        CHECK(prober.ask(name(i).c_str(), clock.now()).state == State::Waiting);
    }
    CHECK(prober.ask("/mnt/more", clock.now()).state == State::Refused);
    clock.advance(minutes(11));
    CHECK(prober.ask("/mnt/more", clock.now()).state == State::Waiting);
}
