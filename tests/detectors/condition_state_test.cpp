#include "detectors/condition_state.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

// Feeds one value a second and tells the severity that holds, or -1.
class Watch {
public:
    explicit Watch(std::string_view name) : condition_(*find_stock_condition(name)) {}

    int after(int times, ConditionInput input) {
        for (int i = 0; i < times; ++i) {
            clock_.advance(seconds(1));
            state_.observe(condition_, input, clock_.now());
        }
        const ConditionStep* step = state_.holding(condition_);
        return step == nullptr ? -1 : static_cast<int>(step->severity);
    }
    [[nodiscard]] Duration age() const { return clock_.now() - state_.since(); }

private:
    const Condition& condition_;
    ConditionState state_;
    test::ManualClock clock_;
};

constexpr int kNone = -1;
constexpr int kWarning = static_cast<int>(Severity::Warning);
constexpr int kError = static_cast<int>(Severity::Error);
constexpr int kCritical = static_cast<int>(Severity::Critical);

}  // namespace

TEST_CASE("condition: it must hold for its duration, and its start is when it began") {
    Watch watch("filesystem_full");
    CHECK(watch.after(9, {.value = 0.91, .room = kGiB, .witness = {}}) == kNone);
    CHECK(watch.after(2, {.value = 0.91, .room = kGiB, .witness = {}}) == kWarning);
    CHECK(watch.age() == seconds(10));
}

TEST_CASE("condition: a short peak is nothing") {
    Watch watch("filesystem_full");
    for (int i = 0; i < 20; ++i) {
        CHECK(watch.after(8, {.value = 0.99, .room = kGiB, .witness = {}}) == kNone);
        CHECK(watch.after(1, {.value = 0.50, .room = kGiB, .witness = {}}) == kNone);
    }
}

TEST_CASE("condition: a value that dances on the limit is one fault") {
    Watch watch("filesystem_full");
    watch.after(11, {.value = 0.91, .room = kGiB, .witness = {}});
    for (int i = 0; i < 60; ++i) {
        CHECK(watch.after(1, {.value = 0.89, .room = kGiB, .witness = {}}) == kWarning);
        CHECK(watch.after(1, {.value = 0.90, .room = kGiB, .witness = {}}) == kWarning);
    }
    CHECK(watch.after(29, {.value = 0.50, .room = kGiB, .witness = {}}) == kWarning);
    CHECK(watch.after(2, {.value = 0.50, .room = kGiB, .witness = {}}) == kNone);
}

TEST_CASE("condition: it grows worse at once and milder with hysteresis") {
    Watch watch("filesystem_full");
    watch.after(11, {.value = 0.91, .room = kGiB, .witness = {}});
    CHECK(watch.after(1, {.value = 0.96, .room = kGiB, .witness = {}}) == kError);
    CHECK(watch.after(1, {.value = 0.99, .room = kGiB, .witness = {}}) == kCritical);
    CHECK(watch.after(1, {.value = 0.965, .room = kGiB, .witness = {}}) == kCritical);
    CHECK(watch.after(1, {.value = 0.94, .room = kGiB, .witness = {}}) == kError);
}

TEST_CASE("condition: a share of a huge disk is not full while much room is left") {
    Watch watch("filesystem_full");
    CHECK(watch.after(60, {.value = 0.97, .room = 500 * kGiB, .witness = {}}) == kNone);
    CHECK(watch.after(60, {.value = 0.97, .room = {}, .witness = {}}) == kNone);
    CHECK(watch.after(60, {.value = 0.97, .room = 15 * kGiB, .witness = {}}) == kWarning);
}

TEST_CASE("condition: became read-only counts, always was does not") {
    Watch always("filesystem_read_only");
    CHECK(always.after(100, {.value = 1, .room = {}, .witness = {}}) == kNone);
    Watch flipped("filesystem_read_only");
    flipped.after(5, {.value = 0, .room = {}, .witness = {}});
    CHECK(flipped.after(1, {.value = 1, .room = {}, .witness = {}}) == kCritical);
    CHECK(flipped.after(12, {.value = 0, .room = {}, .witness = {}}) == kNone);
}

TEST_CASE("condition: little memory is a fault only if somebody waits for it") {
    Watch quiet("memory_exhausted");
    CHECK(quiet.after(300, {.value = 0.01, .room = {}, .witness = 0.0}) == kNone);
    CHECK(quiet.after(300, {.value = 0.01, .room = {}, .witness = {}}) == kNone);
    CHECK(quiet.after(62, {.value = 0.01, .room = {}, .witness = 0.3}) == kCritical);
    // Once it holds, a pause of the witness does not end it.
    CHECK(quiet.after(100, {.value = 0.01, .room = {}, .witness = 0.0}) == kCritical);
}

TEST_CASE("condition: an OOM kill holds for ten minutes after the counter grew") {
    Watch watch("oom_kill");
    CHECK(watch.after(60, {.value = 7, .room = {}, .witness = {}}) == kNone);
    CHECK(watch.after(1, {.value = 8, .room = {}, .witness = {}}) == kError);
    CHECK(watch.after(500, {.value = 8, .room = {}, .witness = {}}) == kError);
    CHECK(watch.after(200, {.value = 8, .room = {}, .witness = {}}) == kNone);
    CHECK(watch.after(5, {.value = 0, .room = {}, .witness = {}}) == kNone);
}
