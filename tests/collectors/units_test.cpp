#include "collectors/units.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("units: all that a service's cgroup says, wherever its slice lies") {
    Watch watch;
    UnitsCollector units(watch.bench);
    REQUIRE(watch.collect(units, test::load_host("debian12-6.1")));
    const auto postgres = [&](std::string_view metric) {
        return *watch.value(metric, SubjectKind::Unit, "postgresql@15-main.service");
    };
    CHECK(postgres("unit_cpu_seconds") == doctest::Approx(952.46));
    CHECK(postgres("unit_cpu_throttled_periods_count") == 12);
    CHECK(postgres("unit_cpu_periods_count") == 120);
    CHECK(postgres("unit_cpu_throttled_seconds") == doctest::Approx(0.34));
    CHECK(postgres("unit_memory_bytes") == 1610612736.0);
    CHECK(postgres("unit_memory_used_ratio") == doctest::Approx(0.75));
    CHECK(postgres("unit_memory_high_events_count") == 3);
    CHECK(postgres("unit_memory_max_events_count") == 12);
    CHECK(postgres("unit_oom_kills_count") == 2);
    CHECK(postgres("unit_read_bytes") == 8196096);
    CHECK(postgres("unit_written_bytes") == 8123456789.0);
    CHECK(postgres("unit_tasks_count") == 12);
    CHECK(postgres("unit_tasks_used_ratio") == doctest::Approx(12.0 / 19000));
    CHECK(postgres("unit_tasks_refused_count") == 0);
    CHECK(postgres("unit_pressure_io_some_seconds") == doctest::Approx(0.045));
    CHECK(watch.value("unit_cpu_seconds", SubjectKind::Unit, "user@1000.service"));
    CHECK(watch.value("unit_cpu_seconds", SubjectKind::Unit, "docker-4d2f.scope"));
    CHECK(*watch.value("units_untracked_count") == 0);
}

TEST_CASE("units: without a limit or a controller the numbers are unknown, not zero") {
    Watch watch;
    UnitsCollector units(watch.bench);
    REQUIRE(watch.collect(units, test::load_host("debian12-6.1")));
    CHECK_FALSE(watch.value("unit_memory_used_ratio", SubjectKind::Unit, "cron.service"));
    CHECK_FALSE(watch.value("unit_cpu_periods_count", SubjectKind::Unit, "cron.service"));

    test::MemoryRoot hybrid;
    hybrid.set("sys/fs/cgroup/unified/cgroup.controllers", "\n");
    hybrid.set("sys/fs/cgroup/unified/system.slice/a.service/cpu.stat", "usage_usec 5000000\n");
    REQUIRE(watch.collect(units, hybrid));
    CHECK(*watch.value("unit_cpu_seconds", SubjectKind::Unit, "a.service") == doctest::Approx(5));
    CHECK_FALSE(watch.value("unit_memory_bytes", SubjectKind::Unit, "a.service"));
    CHECK_FALSE(watch.value("unit_read_bytes", SubjectKind::Unit, "a.service"));
}

TEST_CASE("units: the old hierarchies, beside the unified one or alone, tell what they have") {
    Watch watch;
    UnitsCollector units(watch.bench);
    auto root = test::load_host("hybrid-5.10");
    REQUIRE(watch.collect(units, root));
    const auto nginx = [&](std::string_view metric) {
        return *watch.value(metric, SubjectKind::Unit, "nginx.service");
    };
    CHECK(nginx("unit_cpu_seconds") == doctest::Approx(9.123456789));
    CHECK(nginx("unit_cpu_throttled_periods_count") == 7);
    CHECK(nginx("unit_cpu_throttled_seconds") == doctest::Approx(1.23));
    CHECK(nginx("unit_memory_bytes") == 402653184);
    CHECK(nginx("unit_memory_used_ratio") == doctest::Approx(0.75));
    CHECK(nginx("unit_memory_max_events_count") == 19);
    CHECK(nginx("unit_oom_kills_count") == 2);
    CHECK(nginx("unit_read_bytes") == 4096);
    CHECK(nginx("unit_written_bytes") == 81920);
    CHECK(nginx("unit_tasks_used_ratio") == doctest::Approx(0.09));
    CHECK(nginx("unit_tasks_refused_count") == 1);
    CHECK_FALSE(watch.value("unit_pressure_io_some_seconds", SubjectKind::Unit, "nginx.service"));
    CHECK_FALSE(watch.value("unit_memory_used_ratio", SubjectKind::Unit, "cron.service"));

    test::MemoryRoot old;  // version 1 alone
    old.fail("sys/fs/cgroup/systemd/release_agent", Errc::Denied);
    old.set("sys/fs/cgroup/systemd/system.slice/a.service/cgroup.procs", "12\n");
    old.set("sys/fs/cgroup/memory/system.slice/a.service/memory.usage_in_bytes", "4096\n");
    REQUIRE(watch.collect(units, old));
    CHECK(*watch.value("unit_memory_bytes", SubjectKind::Unit, "a.service") == 4096);
}

TEST_CASE("units: hosts without systemd lack the source") {
    Watch watch;
    UnitsCollector units(watch.bench);
    CHECK(watch.collect(units, test::load_host("kernel-4.18")).error().code == Errc::NotAvailable);
    test::MemoryRoot bare;
    bare.set("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    bare.set("sys/fs/cgroup/app/cpu.stat", "usage_usec 1\n");
    CHECK(watch.collect(units, bare).error().code == Errc::NotAvailable);
}

TEST_CASE("units: more services than the bound are counted") {
    Watch watch;
    UnitsCollector units(watch.bench);
    test::MemoryRoot root;
    root.set("sys/fs/cgroup/cgroup.controllers", "cpu\n");
    for (int i = 0; i < 140; ++i) {
        root.set("sys/fs/cgroup/system.slice/s" + std::to_string(i) + ".service/cpu.stat",
                 "usage_usec 1\n");
    }
    REQUIRE(watch.collect(units, root));
    CHECK(*watch.value("units_untracked_count") == 12);
    CHECK(watch.samples.all().size() == 129);
}

TEST_CASE("units: containers have series wherever their engine puts them, sessions have none") {
    Watch watch;
    UnitsCollector units(watch.bench);
    test::MemoryRoot root;
    root.set("sys/fs/cgroup/cgroup.controllers", "cpu\n");
    const std::string id(64, 'a');
    const std::string pod =
        "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/";
    for (const std::string& path :
         {"system.slice/docker-" + id + ".scope", "machine.slice/libpod-" + id + ".scope",
          pod + "cri-containerd-" + id + ".scope", std::string("init.scope"),
          std::string("user.slice/user-1000.slice/session-3.scope")}) {
        root.set("sys/fs/cgroup/" + path + "/cpu.stat", "usage_usec 1\n");
    }
    REQUIRE(watch.collect(units, root));
    for (const char* engine : {"docker-", "libpod-", "cri-containerd-"}) {
        CAPTURE(engine);
        CHECK(watch.value("unit_cpu_seconds", SubjectKind::Unit, engine + id + ".scope"));
    }
    CHECK(watch.samples.all().size() == 4);  // and how many had no room
    // However many there are, services find theirs.
    for (int i = 0; i < 300; ++i) {
        root.set(fmt::format("sys/fs/cgroup/a.slice/docker-{}.scope/cpu.stat", i),
                 "usage_usec 1\n");
    }
    root.set("sys/fs/cgroup/system.slice/ssh.service/cpu.stat", "usage_usec 1\n");
    REQUIRE(watch.collect(units, root));
    CHECK(watch.value("unit_cpu_seconds", SubjectKind::Unit, "ssh.service"));
    CHECK(*watch.value("units_untracked_count") == 303 - UnitsCollector::kScopesMax);
}

TEST_CASE("units: slices in slices are followed to a bound, names too long are passed over") {
    Watch watch;
    UnitsCollector units(watch.bench);
    test::MemoryRoot root;
    std::string path = "sys/fs/cgroup";
    root.set(path + "/cgroup.controllers", "cpu\n");
    for (int i = 0; i < 10; ++i) {
        path += "/a.slice";
        root.set(path + "/u" + std::to_string(i) + ".service/cpu.stat", "usage_usec 1\n");
    }
    root.set("sys/fs/cgroup/" + std::string(300, 'x') + ".service/cpu.stat", "usage_usec 1\n");
    REQUIRE(watch.collect(units, root));
    CHECK(watch.value("unit_cpu_seconds", SubjectKind::Unit, "u3.service"));
    CHECK_FALSE(watch.value("unit_cpu_seconds", SubjectKind::Unit, "u4.service"));
}
