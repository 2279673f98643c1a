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

TEST_CASE("sysctls: what the kernel sets by itself is no news, what holds for all interfaces is") {
    test::MemoryRoot root;
    constexpr std::array kSelf{"kernel/tainted", "kernel/hung_task_detect_count",
                               "kernel/perf_event_max_sample_rate",
                               "net/ipv4/tcp_available_congestion_control"};
    constexpr std::array kSet{
        "net/ipv4/conf/all/rp_filter",       "net/ipv4/conf/default/accept_source_route",
        "net/ipv6/conf/all/disable_ipv6",    "net/ipv6/conf/default/accept_ra",
        "net/ipv4/neigh/default/gc_thresh3", "net/ipv6/neigh/default/gc_thresh3",
        "kernel/yama/ptrace_scope"};
    Watch watch;
    SysctlsCollector sysctls(watch.bench);
    for (const char* value : {"0", "1"}) {
        for (const auto* name : kSelf) root.set(std::string("proc/sys/") + name, value);
        for (const auto* name : kSet) root.set(std::string("proc/sys/") + name, value);
        REQUIRE(watch.collect(sysctls, root));
    }
    CHECK(watch.bench.events().all().size() == 7);
    CHECK(*watch.value("sysctl_changes_count") == 7);
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
