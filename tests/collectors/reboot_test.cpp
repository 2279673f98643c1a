#include "collectors/reboot.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("reboot: yes, no, or unknown where nobody would say so") {
    Watch watch;
    RebootCollector reboot(watch.bench);
    REQUIRE(watch.collect(reboot, test::load_host("debian12-6.1")));
    CHECK(*watch.value("reboot_required") == 1);
    REQUIRE(watch.collect(reboot, test::load_host("container-6.18")));
    CHECK(*watch.value("reboot_required") == 0);
    CHECK(watch.collect(reboot, test::load_host("kernel-4.18")).error().code == Errc::NotAvailable);
    auto closed = test::load_host("debian12-6.1");
    closed.fail("run/reboot-required", Errc::Denied);
    CHECK(watch.collect(reboot, closed).error().code == Errc::Denied);
}

TEST_CASE("reboot: SUSE's marker counts like Debian's") {
    Watch watch;
    RebootCollector reboot(watch.bench);
    test::MemoryRoot root;
    root.set("run/reboot-needed", "");
    REQUIRE(watch.collect(reboot, root));
    CHECK(*watch.value("reboot_required") == 1);
}

TEST_CASE("reboot: elsewhere a kernel that was installed after the boot and does not run") {
    const test::TemporaryDirectory directory;
    const auto files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    const auto root = std::move(*DirectoryRoot::open(directory.path().c_str()));
    Watch watch;
    Workbench bench{test::with_files(files)};
    RebootCollector reboot(bench);
    directory.write("proc/sys/kernel/osrelease", "6.8.5-301.fc40.x86_64\n");
    directory.write("proc/stat", "cpu 1 1 1 1\nbtime 1000\n");
    CHECK(watch.collect(reboot, root).error().code == Errc::NotAvailable);
    directory.write("usr/lib/modules/6.8.5-301.fc40.x86_64/vmlinuz", "k");
    directory.write("usr/lib/modules/6.9.0-gone/modules.dep", "");
    REQUIRE(watch.collect(reboot, root));
    CHECK(*watch.value("reboot_required") == 0);
    directory.write("usr/lib/modules/6.9.1-1.fc40.x86_64/vmlinuz", "k");
    REQUIRE(watch.collect(reboot, root));
    CHECK(*watch.value("reboot_required") == 1);
    directory.write("proc/stat", "cpu 1 1 1 1\nbtime 99999999999\n");  // it was booted since
    REQUIRE(watch.collect(reboot, root));
    CHECK(*watch.value("reboot_required") == 0);
}
