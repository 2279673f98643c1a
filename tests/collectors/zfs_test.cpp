#include "collectors/zfs.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("zfs: pools that are not online, and the cache") {
    Watch watch;
    ZfsCollector zfs(watch.bench);
    REQUIRE(watch.collect(zfs, test::load_host("storage-5.15")));
    CHECK(*watch.value("zfs_pool_degraded", SubjectKind::Device, "tank") == 1);
    CHECK(*watch.value("zfs_pool_degraded", SubjectKind::Device, "rpool") == 0);
    CHECK(*watch.value("zfs_arc_bytes") == 8589934592.0);
    CHECK(*watch.value("zfs_arc_max_bytes") == 17179869184.0);
    CHECK(*watch.value("zfs_arc_throttles_count") == 3);
}

TEST_CASE("zfs: what the cache's file does not say is unknown") {
    Watch watch;
    ZfsCollector zfs(watch.bench);
    test::MemoryRoot root;
    root.set("proc/spl/kstat/zfs/arcstats", "13 1 0x01\nname type data\nsize 4 x\n");
    CHECK(watch.collect(zfs, root).error().code == Errc::NotAvailable);
    root.set("proc/spl/kstat/zfs/tank/state", "FAULTED\n");
    REQUIRE(watch.collect(zfs, root));
    CHECK(*watch.value("zfs_pool_degraded", SubjectKind::Device, "tank") == 1);
    CHECK_FALSE(watch.value("zfs_arc_bytes"));
}
