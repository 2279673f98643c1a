#include "collectors/xfs.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("xfs: waits for the log of each file system") {
    Watch watch;
    XfsCollector xfs(watch.bench);
    REQUIRE(watch.collect(xfs, test::load_host("storage-5.15")));
    CHECK(*watch.value("xfs_log_waits_count", SubjectKind::Device, "sdb1") == 12);
    CHECK(*watch.value("xfs_log_space_waits_count", SubjectKind::Device, "sdb1") == 7);
    // The directory also holds the totals of all, under "stats": they have no file of this name.
    CHECK_FALSE(watch.value("xfs_log_waits_count", SubjectKind::Device, "stats"));
}

TEST_CASE("xfs: a line that is missing or too short is unknown") {
    CHECK(*xfs_stat("log 1 2 3\n", "log", 2) == 3);
    CHECK_FALSE(xfs_stat("log 1 2\n", "log", 2));
    CHECK_FALSE(xfs_stat("log 1 2 x\n", "log", 2));
    CHECK_FALSE(xfs_stat("logs 1 2 3\n", "log", 2));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(xfs_stat(text, "log", 2));
}
