#include "collectors/exporter_batch.hpp"

#include <doctest/doctest.h>

#include <string>

#include "core/allocation_guard.hpp"

using namespace homeostat;

TEST_CASE("exporter batch: keeps the first of equal series and counts the others") {
    ExporterBatch batch(8);
    batch.add("a", "x=\"1\"", MetricKind::Gauge, 1);
    batch.add("a", "x=\"2\"", MetricKind::Gauge, 2);
    batch.add("a", "x=\"1\"", MetricKind::Gauge, 3);
    batch.add("ax", "=\"1\"", MetricKind::Counter, 4);  // the same bytes, another series
    REQUIRE(batch.items().size() == 3);
    CHECK(batch.items()[0].value == 1);
    CHECK(batch.name(batch.items()[1]) == "a");
    CHECK(batch.labels(batch.items()[1]) == "x=\"2\"");
    CHECK(batch.name(batch.items()[2]) == "ax");
    CHECK(batch.items()[2].kind == MetricKind::Counter);
    CHECK(batch.duplicates() == 1);
    CHECK(batch.refused() == 0);
}

TEST_CASE("exporter batch: what finds no room is refused and counted") {
    ExporterBatch batch(2);
    for (int i = 0; i < 5; ++i) batch.add("m" + std::to_string(i), "", MetricKind::Gauge, i);
    CHECK(batch.items().size() == 2);
    CHECK(batch.refused() == 3);
    batch.clear();
    CHECK(batch.items().empty());
    CHECK(batch.refused() == 0);
    batch.add("long", std::string(1000, 'x'), MetricKind::Gauge, 1);
    CHECK(batch.refused() == 1);
    batch.add("m0", "", MetricKind::Gauge, 7);  // forgotten with clear()
    CHECK(batch.items().size() == 1);
    CHECK(batch.items()[0].value == 7);
}

TEST_CASE("exporter batch: filling it allocates nothing") {
    ExporterBatch batch(100);
    const AllocationGuard guard;
    for (int round = 0; round < 3; ++round) {
        batch.clear();
        for (int i = 0; i < 200; ++i) {
            const char name[2] = {'a', static_cast<char>(i)};
            batch.add({name, 2}, "device=\"vda\"", MetricKind::Gauge, i);
        }
    }
    CHECK(guard.count() == 0);
    CHECK(batch.items().size() == 100);
}
