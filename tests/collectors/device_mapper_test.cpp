#include "collectors/device_mapper.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("device_mapper: suspended devices and lost paths, by the names that people gave") {
    Watch watch;
    DeviceMapperCollector device_mapper(watch.bench);
    REQUIRE(watch.collect(device_mapper, test::load_host("storage-5.15")));
    CHECK(*watch.value("device_mapper_suspended", SubjectKind::Device, "vg0-root") == 0);
    CHECK(*watch.value("device_mapper_suspended", SubjectKind::Device, "mpatha") == 1);
    CHECK(*watch.value("multipath_paths_count", SubjectKind::Device, "mpatha") == 2);
    CHECK(*watch.value("multipath_paths_failed_count", SubjectKind::Device, "mpatha") == 1);
    CHECK_FALSE(watch.value("multipath_paths_count", SubjectKind::Device, "vg0-root"));
}

TEST_CASE("device_mapper: a device that goes away while we look is left out") {
    Watch watch;
    DeviceMapperCollector device_mapper(watch.bench);
    test::MemoryRoot root;
    root.set("sys/block/dm-0/size", "1\n");
    CHECK(watch.collect(device_mapper, root).error().code == Errc::NotAvailable);
}
