#include "collectors/nfs_client.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("nfs_client: all calls, and what each mount had to ask again") {
    Watch watch;
    NfsClientCollector nfs(watch.bench);
    REQUIRE(watch.collect(nfs, test::load_host("storage-5.15")));
    CHECK(*watch.value("nfs_calls_count") == 18628);
    CHECK(*watch.value("nfs_retransmits_count") == 12);
    const auto at = [&](std::string_view metric) {
        return *watch.value(metric, SubjectKind::Mount, "/mnt/home dirs");
    };
    CHECK(at("nfs_mount_operations_count") == 1298 + 28);
    CHECK(at("nfs_mount_retransmits_count") == 5);
    CHECK(at("nfs_mount_timeouts_count") == 3);
    CHECK(at("nfs_mount_execute_seconds") == doctest::Approx(6.825));
}

TEST_CASE("nfs_client: mounts of other kinds, and lines of other forms, are passed over") {
    std::uint64_t mounts = 0;
    const auto count = [&](const NfsMountCounts&) { ++mounts; };
    parse_mountstats("device sysfs mounted on /sys with fstype sysfs\n", count);
    parse_mountstats("device a:/b mounted on /b with fstype nfs4 statvers=1.1\n", count);
    CHECK(mounts == 0);  // no operations listed yet
    parse_mountstats(
        "device a:/b mounted on /b with fstype nfs statvers=1.1\n"
        "per-op statistics\nREAD: 1 2 x 0 0 0 0 0\n",
        [&](const NfsMountCounts& counts) { mounts += 1 + counts.operations; });
    CHECK(mounts == 1);
    for (const std::string& text : test::hostile_texts()) parse_mountstats(text, count);
    CHECK(mounts == 1);
}
