#include "collectors/btrfs.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("btrfs: what is given to chunks, and how full the metadata is") {
    Watch watch;
    BtrfsCollector btrfs(watch.bench);
    REQUIRE(watch.collect(btrfs, test::load_host("storage-5.15")));
    const char* uuid = "7c1f3d52-0000-4000-8000-000000000002";
    // 70 + 2 x 5 + 2 x 0.01 GiB on two disks of 50 GiB
    CHECK(*watch.value("btrfs_allocated_ratio", SubjectKind::Device, uuid) ==
          doctest::Approx(0.8002).epsilon(0.001));
    CHECK(*watch.value("btrfs_metadata_used_ratio", SubjectKind::Device, uuid) ==
          doctest::Approx(0.9));
}

TEST_CASE("btrfs: a file system whose devices do not tell their size has no share") {
    Watch watch;
    BtrfsCollector btrfs(watch.bench);
    test::MemoryRoot root;
    root.set("sys/fs/btrfs/u/allocation/metadata/bytes_used", "10\n");
    root.set("sys/fs/btrfs/u/allocation/metadata/total_bytes", "40\n");
    REQUIRE(watch.collect(btrfs, root));
    CHECK(*watch.value("btrfs_metadata_used_ratio", SubjectKind::Device, "u") == 0.25);
    CHECK_FALSE(watch.value("btrfs_allocated_ratio", SubjectKind::Device, "u"));
}
