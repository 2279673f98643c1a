#include "collectors/disk_state.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("disk_state: disks that the kernel gave up, controllers that are not live") {
    Watch watch;
    DiskStateCollector disks(watch.bench);
    REQUIRE(watch.collect(disks, test::load_host("storage-5.15")));
    CHECK(*watch.value("disk_offline", SubjectKind::Device, "sda") == 0);
    CHECK(*watch.value("disk_offline", SubjectKind::Device, "sdc") == 1);
    CHECK(*watch.value("nvme_controller_down", SubjectKind::Device, "nvme0") == 1);
    CHECK_FALSE(watch.value("disk_offline", SubjectKind::Device, "nvme0n1"));
}

TEST_CASE("disk_state: virtual disks tell nothing") {
    Watch watch;
    DiskStateCollector disks(watch.bench);
    test::MemoryRoot root;
    root.set("sys/block/vda/size", "1000\n");
    CHECK(watch.collect(disks, root).error().code == Errc::NotAvailable);
}
