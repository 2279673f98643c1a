#include "collectors/sysctls.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("sysctls: a parameter that is set is told, with both values") {
    test::MemoryRoot root;
    root.set("proc/sys/vm/swappiness", "60\n");
    root.set("proc/sys/net/core/somaxconn", "4096\n");
    Watch watch;
    SysctlsCollector sysctls(watch.bench);
    REQUIRE(watch.collect(sysctls, root));
    REQUIRE(watch.collect(sysctls, root));
    CHECK(watch.bench.events().all().empty());
    root.set("proc/sys/vm/swappiness", "10\n");
    REQUIRE(watch.collect(sysctls, root));
    REQUIRE(watch.bench.events().all().size() == 1);
    const Event& event = watch.bench.events().all()[0];
    CHECK(event.kind == EventKind::SysctlChanged);
    CHECK(event.object == "vm.swappiness");
    CHECK(event.text == "vm.swappiness was set from 60 to 10");
    CHECK(*watch.value("sysctl_changes_count") == 1);
}

TEST_CASE("sysctls: what changes by itself is muted, and counters are never looked at") {
    test::MemoryRoot root;
    root.set("proc/sys/kernel/moody", "0");
    root.set("proc/sys/fs/file-nr", "0");
    Watch watch;
    SysctlsCollector sysctls(watch.bench);
    for (int i = 0; i < 20; ++i) {
        root.set("proc/sys/kernel/moody", std::to_string(i));
        root.set("proc/sys/fs/file-nr", std::to_string(i));
        watch.bench.events().begin();
        REQUIRE(watch.collect(sysctls, root));
        CHECK(watch.bench.events().all().size() == (i >= 1 && i <= 3 ? 1 : 0));
    }
    CHECK(*watch.value("sysctl_changes_count") == SysctlsCollector::kChangesMax);
}

TEST_CASE("sysctls: more than fits, huge and closed values, and no allocation") {
    test::MemoryRoot root;
    for (int i = 0; i < 1000; ++i) {
        root.set("proc/sys/vm/p" + std::to_string(i), std::string(100, 'x'));
    }
    root.set("proc/sys/vm/huge", std::string(100'000, 'x'));
    root.fail("proc/sys/vm/p7", Errc::Denied);
    Watch watch;
    SysctlsCollector sysctls(watch.bench);
    watch.samples.begin(watch.clock.now());
    const AllocationGuard guard;
    const bool good = sysctls.collect(root, watch.samples).has_value();
    CHECK(guard.count() == 0);
    CHECK(good);
    CHECK(watch.collect(sysctls, test::MemoryRoot{}).error().code == Errc::NotAvailable);
    CHECK(sysctl_name("proc/sys/net/ipv4/ip_forward") == "net.ipv4.ip_forward");
    CHECK(sysctl_name("") == "");
}
