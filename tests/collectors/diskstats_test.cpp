#include "collectors/diskstats.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("diskstats: whole disks that did any I/O are reported, in base units") {
    Watch watch;
    DiskstatsCollector diskstats(watch.bench);
    REQUIRE(watch.collect(diskstats, test::load_host("debian12-6.1")));
    const auto sda = [&](std::string_view metric) {
        return *watch.value(metric, SubjectKind::Device, "sda");
    };
    CHECK(sda("disk_reads_count") == 412345);
    CHECK(sda("disk_read_bytes") == 31234560.0 * 512);
    CHECK(sda("disk_read_seconds") == doctest::Approx(181.234));
    CHECK(sda("disk_writes_count") == 812345);
    CHECK(sda("disk_written_bytes") == 91234560.0 * 512);
    CHECK(sda("disk_write_seconds") == doctest::Approx(712.345));
    CHECK(sda("disk_in_flight_count") == 0);
    CHECK(sda("disk_busy_seconds") == doctest::Approx(512.34));
    CHECK(sda("disk_weighted_seconds") == doctest::Approx(893.579));
    CHECK(sda("disk_flushes_count") == 60123);
    CHECK(sda("disk_flush_seconds") == doctest::Approx(41.23));
    CHECK(watch.value("disk_reads_count", SubjectKind::Device, "dm-0"));
    CHECK(watch.value("disk_reads_count", SubjectKind::Device, "nvme0n1"));
    for (const char* left_out : {"sda1", "sda2", "sr0", "loop0", "ram0", "zram0", "nvme0n1p1"}) {
        CAPTURE(left_out);
        CHECK_FALSE(watch.value("disk_reads_count", SubjectKind::Device, left_out));
    }
    CHECK(*watch.value("disks_untracked_count") == 0);
}

TEST_CASE("diskstats: before 5.5 there are no flushes, and they are unknown") {
    Watch watch;
    DiskstatsCollector diskstats(watch.bench);
    REQUIRE(watch.collect(diskstats, test::load_host("kernel-4.18")));
    CHECK(watch.value("disk_reads_count", SubjectKind::Device, "sda"));
    CHECK_FALSE(watch.value("disk_flushes_count", SubjectKind::Device, "sda"));
}

TEST_CASE("diskstats: a partition is its disk's name and a number") {
    struct Row {
        std::string_view name;
        std::string_view disk;
        bool is;
    };
    for (const Row& row :
         {Row{"sda1", "sda", true}, Row{"sda12", "sda", true}, Row{"sdaa", "sda", false},
          Row{"nvme0n1p2", "nvme0n1", true}, Row{"nvme0n12", "nvme0n1", false},
          Row{"mmcblk0p1", "mmcblk0", true}, Row{"mmcblk0boot0", "mmcblk0", false},
          Row{"md12", "md1", false}, Row{"md1p2", "md1", true}, Row{"sda", "sda", false},
          Row{"xvda1", "", false}, Row{"dm-1p", "dm-1", false}}) {
        CAPTURE(row.name);
        CHECK(is_partition_of(row.name, row.disk) == row.is);
    }
}

TEST_CASE("diskstats: more disks than the bound are counted, not silently left out") {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += "8 " + std::to_string(i) + " dm-" + std::to_string(i) + " 1 0 1 1 1 0 1 1 0 1 1\n";
    }
    Watch watch;
    DiskstatsCollector diskstats(watch.bench);
    test::MemoryRoot root;
    root.set("proc/diskstats", text);
    REQUIRE(watch.collect(diskstats, root));
    CHECK(*watch.value("disks_untracked_count") == 44);
}

TEST_CASE("diskstats: a line with too few counts is a parse error that quotes it") {
    const auto ignore = [](const DiskCounts&) {};
    CHECK(parse_diskstats("", ignore));  // a host without disks
    for (const char* text : {"8 0 sda 1 2 3 4\n", "8 sda 1 1 1 1 1 1 1 1 1 1 1\n", "8 0 sda\n",
                             "8 0 sda 1 2 3 4 5 6 7 8 9 10 x\n"}) {
        CAPTURE(text);
        const auto status = parse_diskstats(text, ignore);
        REQUIRE_FALSE(status);
        CHECK(status.error().text.view().find("8 ") != std::string_view::npos);
    }
    for (const std::string& text : test::hostile_texts()) (void)parse_diskstats(text, ignore);
    const std::string good = test::read_text("tests/fixtures/hosts/debian12-6.1/proc/diskstats");
    test::parse_all_beginnings(good,
                               [&](std::string_view text) { (void)parse_diskstats(text, ignore); });
}
