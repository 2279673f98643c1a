#include "core/series.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "core/allocation_guard.hpp"
#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

constexpr Metric kLoad{"load1", Unit::None, MetricKind::Gauge, Aspect::Saturation};

Subject mount(std::string_view name) {
    return {SubjectKind::Mount, name};
}

}  // namespace

TEST_CASE("series: the same metric and subject keep their slot, another gets its own") {
    test::ManualClock clock;
    SeriesTable table(8);
    const auto first = table.find_or_add(kLoad, mount("/"), clock.now());
    const auto second = table.find_or_add(kLoad, mount("/srv"), clock.now());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(*first != *second);
    CHECK(table.find_or_add(kLoad, mount("/"), clock.now()) == first);
    CHECK(table.find("load1", mount("/srv")) == second);
    CHECK_FALSE(table.find("load5", mount("/")));
    CHECK(table.info(*first).subject.name == "/");
    CHECK(table.info(*first).aspect == Aspect::Saturation);
}

TEST_CASE("series: a full table refuses and counts, and an old series gives its slot back") {
    test::ManualClock clock;
    SeriesTable table(2);
    const auto old = table.find_or_add(kLoad, mount("/a"), clock.now());
    clock.advance(minutes(10));
    REQUIRE(table.find_or_add(kLoad, mount("/b"), clock.now()));
    CHECK_FALSE(table.find_or_add(kLoad, mount("/c"), clock.now()));
    CHECK(table.refused() == 1);
    table.evict_older_than(minutes(5), clock.now());
    CHECK(table.evicted() == 1);
    CHECK_FALSE(table.is_current(*old));
    const auto reused = table.find_or_add(kLoad, mount("/c"), clock.now());
    REQUIRE(reused);
    CHECK(reused->slot == old->slot);
    CHECK(reused->generation != old->generation);
    CHECK(table.find("load1", mount("/b")));
}

TEST_CASE("series: churn of a hundred thousand subjects leaves memory and answers as they were") {
    test::ManualClock clock;
    SeriesTable table(64);
    REQUIRE(table.find_or_add(kLoad, mount("/keep"), clock.now()));
    const AllocationGuard guard;
    for (int i = 0; i < 100'000; ++i) {
        FixedString<32> name;
        format_into(name, "veth{}", i);
        clock.advance(seconds(1));
        if (const auto keep = table.find("load1", mount("/keep"))) table.touch(*keep, clock.now());
        if (!table.find_or_add(kLoad, mount(name.view()), clock.now())) FAIL("refused");
        table.evict_older_than(seconds(30), clock.now());
    }
    CHECK(guard.count() == 0);
    CHECK(table.size() <= 31);
    CHECK(table.find("load1", mount("/keep")));
}

TEST_CASE("series: a kind's share bounds it, and in need its dead give way to its living") {
    test::ManualClock clock;
    SeriesTable table(8);
    table.set_share(SubjectKind::Unit, 2);
    const auto unit = [](std::string_view name) { return Subject{SubjectKind::Unit, name}; };
    const auto seen = [&](const Subject& subject) {
        return table.find_or_add(kLoad, subject, clock.now()).has_value();
    };
    CHECK(seen(unit("dead")));
    CHECK(seen(mount("/dead")));
    clock.advance(minutes(5));
    CHECK(seen(unit("living")));
    CHECK_FALSE(seen(unit("new")));
    CHECK(table.refused() == 1);
    CHECK(table.used(SubjectKind::Unit) == 2);
    CHECK(seen(mount("/new")));  // there is room for others
    table.evict_older_than(minutes(15), clock.now(), minutes(3));
    CHECK(table.used(SubjectKind::Unit) == 1);
    CHECK(seen(unit("new")));
    CHECK(table.find("load1", mount("/dead")));  // its kind is not crowded
    CHECK(seen(unit("living")));
}

TEST_CASE("series: an owner's share bounds what it holds, whatever is free") {
    constexpr SeriesOwner kOwner = 3;
    test::ManualClock clock;
    SeriesTable table(8);
    table.set_share(kOwner, 2);
    REQUIRE(table.find_or_add(kLoad, mount("/a"), clock.now(), kOwner));
    clock.advance(minutes(10));
    REQUIRE(table.find_or_add(kLoad, mount("/b"), clock.now(), kOwner));
    CHECK_FALSE(table.find_or_add(kLoad, mount("/c"), clock.now(), kOwner));
    CHECK(table.find_or_add(kLoad, mount("/b"), clock.now(), kOwner));  // what it has, it keeps
    CHECK(table.refused(kOwner) == 1);
    CHECK(table.refused() == 1);
    CHECK(table.find_or_add(kLoad, mount("/c"), clock.now()));  // others have room
    CHECK(table.used(kOwner) == 2);
    table.evict_older_than(minutes(5), clock.now());
    CHECK(table.used(kOwner) == 1);
    CHECK(table.find_or_add(kLoad, mount("/d"), clock.now(), kOwner));
}

TEST_CASE("series: names that had to be cut are refused, they could stand for two series") {
    test::ManualClock clock;
    SeriesTable table(4);
    CHECK_FALSE(table.find_or_add(kLoad, mount(std::string(500, 'x')), clock.now()));
    CHECK(table.refused() == 1);
}

TEST_CASE("samples: keep finite values up to their fixed size and count the rest") {
    test::ManualClock clock;
    SeriesTable table(8);
    Samples samples(table, 2);
    samples.begin(clock.now());
    samples.add(kLoad, 1.5);
    samples.add(kLoad, mount("/"), std::nan(""));
    samples.add(kLoad, mount("/"), 2.5);
    samples.add(kLoad, mount("/srv"), 3.5);
    CHECK(samples.all().size() == 2);
    CHECK(samples.dropped() == 2);
    CHECK(samples.value("load1") == 1.5);
    CHECK(samples.value("load1", mount("/")) == 2.5);
    CHECK_FALSE(samples.value("load1", mount("/srv")));
    samples.begin(clock.now());
    CHECK(samples.all().empty());
}
