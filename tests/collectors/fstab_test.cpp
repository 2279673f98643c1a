#include "collectors/fstab.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("fstab: what should be mounted and is not") {
    Watch watch;
    FstabCollector fstab(watch.bench);
    REQUIRE(watch.collect(fstab, test::load_host("storage-5.15")));
    CHECK(*watch.value("mount_missing", SubjectKind::Mount, "/") == 0);
    CHECK(*watch.value("mount_missing", SubjectKind::Mount, "/srv/data") == 1);
    CHECK_FALSE(watch.value("mount_missing", SubjectKind::Mount, "/media/usb"));  // noauto
    CHECK_FALSE(watch.value("mount_missing", SubjectKind::Mount, "none"));        // swap
}

TEST_CASE("fstab: comments, swap, noauto and automounts may be missing") {
    std::string seen;
    const auto collect = [&](std::string_view point) { seen += std::string(point) + ";"; };
    parse_fstab(
        "# a comment\n\n/dev/a / ext4 defaults 0 1\n/dev/b none swap sw 0 0\n"
        "/dev/c /c ext4 ro,noauto 0 0\nsrv:/x /x nfs _netdev,x-systemd.automount 0 0\n"
        "/dev/d /my\\040disk xfs noautomatic\nshort\n/dev/e /e\n",
        collect);
    CHECK(seen == "/;/my\\040disk;");
    seen.clear();
    for (const std::string& text : test::hostile_texts()) parse_fstab(text, collect);
    CHECK(seen.empty());
}

TEST_CASE("fstab: without the file, or with an empty one, there is nothing to compare") {
    Watch watch;
    FstabCollector fstab(watch.bench);
    test::MemoryRoot root;
    CHECK(watch.collect(fstab, root).error().code == Errc::NotAvailable);
    root.set("etc/fstab", "# nothing\n");
    CHECK(watch.collect(fstab, root).error().code == Errc::NotAvailable);
    root.set("etc/fstab", "/dev/a / ext4\n");
    root.set("proc/self/mountinfo", "rubbish\n");
    CHECK(watch.collect(fstab, root).error().code == Errc::Parse);
}
