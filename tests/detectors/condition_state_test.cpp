#include "detectors/condition_state.hpp"

#include <doctest/doctest.h>

#include "tests/detectors/condition_watch.hpp"

using namespace homeostat;
using test::kCritical;
using test::kError;
using test::kNone;
using test::kWarning;

namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

using Watch = test::ConditionWatch;

}  // namespace

TEST_CASE("condition: it must hold for its duration, and its start is when it began") {
    Watch watch("filesystem_full");
    CHECK(watch.after(9, {.value = 0.91, .room = kGiB}) == kNone);
    CHECK(watch.after(2, {.value = 0.91, .room = kGiB}) == kWarning);
    CHECK(watch.age() == seconds(10));
}

TEST_CASE("condition: a short peak is nothing") {
    Watch watch("filesystem_full");
    for (int i = 0; i < 20; ++i) {
        CHECK(watch.after(8, {.value = 0.99, .room = kGiB}) == kNone);
        CHECK(watch.after(1, {.value = 0.50, .room = kGiB}) == kNone);
    }
}

TEST_CASE("condition: a value that dances on the limit is one fault") {
    Watch watch("filesystem_full");
    watch.after(11, {.value = 0.91, .room = kGiB});
    for (int i = 0; i < 60; ++i) {
        CHECK(watch.after(1, {.value = 0.89, .room = kGiB}) == kWarning);
        CHECK(watch.after(1, {.value = 0.90, .room = kGiB}) == kWarning);
    }
    CHECK(watch.after(29, {.value = 0.50, .room = kGiB}) == kWarning);
    CHECK(watch.after(2, {.value = 0.50, .room = kGiB}) == kNone);
}

TEST_CASE("condition: it grows worse at once and milder with hysteresis") {
    Watch watch("filesystem_full");
    watch.after(11, {.value = 0.91, .room = kGiB});
    CHECK(watch.after(1, {.value = 0.96, .room = kGiB}) == kError);
    CHECK(watch.after(1, {.value = 0.99, .room = kGiB}) == kCritical);
    CHECK(watch.after(1, {.value = 0.965, .room = kGiB}) == kCritical);
    CHECK(watch.after(1, {.value = 0.94, .room = kGiB}) == kError);
}

TEST_CASE("condition: a share of a huge disk is not full while much room is left") {
    Watch watch("filesystem_full");
    CHECK(watch.after(60, {.value = 0.97, .room = 500 * kGiB}) == kNone);
    CHECK(watch.after(60, {.value = 0.97}) == kNone);
    CHECK(watch.after(60, {.value = 0.97, .room = 15 * kGiB}) == kWarning);
}

TEST_CASE("condition: became read-only counts, always was does not") {
    Watch always("filesystem_read_only");
    CHECK(always.after(100, {.value = 1}) == kNone);
    Watch flipped("filesystem_read_only");
    flipped.after(5, {.value = 0});
    CHECK(flipped.after(1, {.value = 1}) == kCritical);
    CHECK(flipped.after(12, {.value = 0}) == kNone);
}

TEST_CASE("condition: little memory is a fault only if somebody waits for it") {
    Watch quiet("memory_low");
    CHECK(quiet.after(300, {.value = 0.01, .witness = 0.0}) == kNone);
    CHECK(quiet.after(300, {.value = 0.01}) == kNone);
    CHECK(quiet.after(12, {.value = 0.01, .witness = 0.3}) == kCritical);
    // What waited long for its witness began with the witness.
    CHECK(quiet.age() < seconds(15));
    // Once it holds, a pause of the witness does not end it.
    CHECK(quiet.after(100, {.value = 0.01, .witness = 0.0}) == kCritical);
}

TEST_CASE("condition: what stands in for a witness counts where that is unknown, and only there") {
    Watch without("swap_full");
    CHECK(without.after(40, {.value = 0.95}) == kNone);
    CHECK(without.after(40, {.value = 0.95, .witness_or = 0.0}) == kNone);
    CHECK(without.after(1, {.value = 0.95, .witness_or = 1e9}) == kWarning);
    Watch known("swap_full");
    CHECK(known.after(40, {.value = 0.95, .witness = 0.0, .witness_or = 1e9}) == kNone);
    CHECK(known.after(1, {.value = 0.95, .witness = 0.1}) == kWarning);
}

TEST_CASE("condition: either witness is enough, and a late one does not move the onset") {
    Watch other("memory_low");
    CHECK(other.after(12, {.value = 0.01, .witness = 0.0, .witness_or = 1e9}) == kCritical);
    Watch late("cpu_saturated");
    CHECK(late.after(8, {.value = 0.99, .witness = 0.0}) == kNone);
    CHECK(late.after(1, {.value = 0.99, .witness = 0.9}) == kWarning);
    CHECK(late.age() == seconds(8));
}

TEST_CASE("condition: an OOM kill holds for two minutes after the counter grew") {
    Watch watch("oom_kill");
    CHECK(watch.after(60, {.value = 7}) == kNone);
    CHECK(watch.after(1, {.value = 8}) == kError);
    CHECK(watch.after(100, {.value = 8}) == kError);
    CHECK(watch.after(30, {.value = 8}) == kNone);
    CHECK(watch.after(5, {.value = 0}) == kNone);
}

TEST_CASE("condition: a carrier that was never there is no link that was lost") {
    Watch never("link_down");
    CHECK(never.after(100, {.value = 0}) == kNone);
    Watch lost("link_down");
    lost.after(5, {.value = 1});
    CHECK(lost.after(4, {.value = 0}) == kError);
    CHECK(lost.after(12, {.value = 1}) == kNone);
}

TEST_CASE("condition: with a baseline it must be unusual, and what is usual is learned") {
    Watch busy("zombies_many");
    CHECK(busy.after(600, {.value = 80}) == kNone);  // always so
    CHECK(busy.after(60, {.value = 200}) == kNone);  // not four times as many
    CHECK(busy.after(15, {.value = 900}) == kWarning);
    Watch calm("zombies_many");
    CHECK(calm.after(10, {.value = 900}) == kNone);  // what is usual is not known yet
    Watch quiet("zombies_many");
    quiet.after(60, {.value = 0});
    CHECK(quiet.after(30, {.value = 100}) == kWarning);
    // While it holds it teaches nothing: hours later it is as wrong as at first.
    CHECK(quiet.after(20'000, {.value = 100}) == kWarning);
    CHECK(quiet.after(60, {.value = 0}) == kNone);
}
