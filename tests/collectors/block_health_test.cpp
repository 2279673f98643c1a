#include "collectors/block_health.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("block health: arrays that lost members, disks that answered with errors") {
    Watch watch;
    BlockHealthCollector health(watch.bench);
    REQUIRE(watch.collect(health, test::load_host("debian12-6.1")));
    CHECK(*watch.value("raid_missing_members_count", SubjectKind::Device, "md0") == 1);
    CHECK(*watch.value("raid_mismatches_count", SubjectKind::Device, "md0") == 128);
    CHECK(*watch.value("disk_errors_count", SubjectKind::Device, "sda") == 31);
    CHECK(*watch.value("disk_timeouts_count", SubjectKind::Device, "sda") == 0);
    CHECK_FALSE(watch.value("raid_missing_members_count", SubjectKind::Device, "sda"));
    CHECK(watch.collect(health, test::load_host("kernel-4.18")).error().code == Errc::NotAvailable);
}

TEST_CASE("block health: numbers with and without 0x") {
    CHECK(*parse_hexadecimal_or_decimal("0x1f\n") == 31);
    CHECK(*parse_hexadecimal_or_decimal("31") == 31);
    for (const char* text : {"", "0x", "1f", "0xg", "-1", "0x1 2"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_hexadecimal_or_decimal(text));
    }
}
