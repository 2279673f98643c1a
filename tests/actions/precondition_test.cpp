#include "actions/precondition.hpp"

#include <doctest/doctest.h>

#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kMounts =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "23 22 0:20 / /proc rw - proc proc rw\n"
    "36 22 0:30 / /srv/volume rw - tmpfs none rw\n"
    "37 22 0:31 / /srv/with\\040blank\\134and\\011tab rw - tmpfs none rw\n"
    "garbage\n"
    "38 22 0:32 /\n";

Precondition used_above(double ratio) {
    return {.kind = Precondition::Kind::FilesystemUsedAbove, .ratio = ratio, .unit_state = ""};
}
Precondition unit_is(std::string state) {
    return {.kind = Precondition::Kind::UnitState, .ratio = 0, .unit_state = std::move(state)};
}
const AllowedTarget kVolume{.action = 0, .name = "/srv/volume", .kind = SubjectKind::Mount};
const AllowedTarget kUnit{.action = 0, .name = "nginx.service", .kind = SubjectKind::Unit};

ExitReport said(std::string output, int code = 0) {
    ExitReport report;
    report.code = code;
    report.output = std::move(output);
    return report;
}

TEST_CASE("precondition: a mount point is found by its exact, unescaped name only") {
    CHECK(is_mount_point(kMounts, "/"));
    CHECK(is_mount_point(kMounts, "/srv/volume"));
    CHECK(is_mount_point(kMounts, "/srv/with blank\\and\ttab"));
    for (const char* path :
         {"", "/srv", "/srv/volume/", "/srv/volum", "rw", "garbage", "/srv/with"}) {
        CAPTURE(path);
        CHECK_FALSE(is_mount_point(kMounts, path));
    }
    CHECK_FALSE(is_mount_point("", "/"));
    CHECK_FALSE(is_mount_point(std::string(100'000, 'x'), "/"));
}

TEST_CASE("precondition: the used share is what df shows, reserved blocks apart") {
    CHECK(used_share({.size_bytes = 100, .free_bytes = 20, .available_bytes = 15}) ==
          doctest::Approx(80.0 / 95.0));
    CHECK(used_share({.size_bytes = 100, .free_bytes = 0, .available_bytes = 0}) == 1);
    CHECK(used_share({}) == 0);
    CHECK(used_share({.size_bytes = 1, .free_bytes = 5, .available_bytes = 5}) == 0);
}

TEST_CASE("precondition (RULES B2): the file system is looked at anew") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    root.set("proc/self/mountinfo", std::string(kMounts));
    struct Row {
        std::uint64_t free;
        bool holds;
        std::string_view measured;
    };
    for (const Row& row : {Row{10, true, "90.0 % used"}, Row{20, true, "80.0 % used"},
                           Row{21, false, "79.0 % used"}, Row{0, true, "100.0 % used"}}) {
        root.set_usage("srv/volume",
                       {.size_bytes = 100, .free_bytes = row.free, .available_bytes = row.free});
        const auto state = examine(used_above(0.8), kVolume, root, spawner);
        REQUIRE(state);
        CHECK(state->holds == row.holds);
        CHECK(state->known);
        CHECK(state->measured == row.measured);
    }
    CHECK(spawner.asked.empty());
}

TEST_CASE("precondition: what cannot be found out is an error, never true") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    CHECK_FALSE(examine(used_above(0.8), kVolume, root, spawner));  // no mountinfo
    root.set("proc/self/mountinfo", std::string(kMounts));
    CHECK_FALSE(examine(used_above(0.8), kVolume, root, spawner));  // no usage
    root.set_usage("srv/volume", {});
    CHECK_FALSE(examine(used_above(0.8), kVolume, root, spawner));  // no size
    const AllowedTarget gone{.action = 0, .name = "/srv/gone", .kind = SubjectKind::Mount};
    root.set_usage("srv/gone", {.size_bytes = 100, .free_bytes = 0, .available_bytes = 0});
    const auto unmounted = examine(used_above(0.8), gone, root, spawner);
    REQUIRE_FALSE(unmounted);
    CHECK(unmounted.error().text == "nothing is mounted at /srv/gone");
    CHECK_FALSE(examine(unit_is("failed"), kUnit, root, spawner));  // no systemctl
    spawner.answer(said("", 1));
    CHECK_FALSE(examine(unit_is("failed"), kUnit, root, spawner));
    spawner.answer(said("LoadState=not-found\nActiveState=inactive\n"));
    CHECK_FALSE(examine(unit_is("inactive"), kUnit, root, spawner));
    spawner.answer(said("LoadState=loaded\n"));
    CHECK_FALSE(examine(unit_is("failed"), kUnit, root, spawner));
    spawner.answer(said("\xff\x01garbage"));
    CHECK_FALSE(examine(unit_is("failed"), kUnit, root, spawner));
}

TEST_CASE(
    "precondition (RULES C2 row 17): systemctl is asked without shell, pager or environment") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    spawner.answer(said("LoadState=loaded\nActiveState=failed\n"));
    spawner.answer(said("ActiveState=active\nLoadState=loaded\n"));
    CHECK(examine(unit_is("failed"), kUnit, root, spawner)->holds);
    CHECK_FALSE(examine(unit_is("failed"), kUnit, root, spawner)->holds);
    const Command& command = spawner.asked[0];
    CHECK(command.argv == std::vector<std::string>{"/usr/bin/systemctl", "--no-pager",
                                                   "--no-ask-password", "show", "-p", "LoadState",
                                                   "-p", "ActiveState", "--", "nginx.service"});
    CHECK(command.environment ==
          std::vector<std::string>{"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="});
}

TEST_CASE("precondition: nothing required holds, and says that it knows nothing") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    const auto state = examine({}, kVolume, root, spawner);
    REQUIRE(state);
    CHECK(state->holds);
    CHECK_FALSE(state->known);
}

TEST_CASE("precondition: a mount that is missing is one of which mountinfo has nothing") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    const Precondition missing{
        .kind = Precondition::Kind::NotMounted, .ratio = 0, .unit_state = ""};
    CHECK_FALSE(examine(missing, kVolume, root, spawner));  // no mountinfo: nobody knows
    root.set("proc/self/mountinfo", std::string(kMounts));
    CHECK_FALSE(examine(missing, kVolume, root, spawner)->holds);
    const AllowedTarget gone{.action = 0, .name = "/srv/gone", .kind = SubjectKind::Mount};
    const auto state = examine(missing, gone, root, spawner);
    REQUIRE(state);
    CHECK(state->holds);
    CHECK(state->known);
    CHECK(state->measured == "nothing mounted");
}

TEST_CASE("precondition: a unit's share of memory is systemd's count over what the host has") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    const Precondition large{
        .kind = Precondition::Kind::MemoryShareAbove, .ratio = 0.5, .unit_state = ""};
    CHECK_FALSE(examine(large, kUnit, root, spawner));  // no meminfo
    root.set("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\n");
    CHECK_FALSE(examine(large, kUnit, root, spawner));  // no systemctl
    struct Row {
        const char* state;
        const char* used;
        bool holds;
        std::string_view measured;
    };
    const auto answer = [&](const char* active, const char* used) {
        spawner.answer(said(std::string("LoadState=loaded\nActiveState=") + active +
                            "\nMemoryCurrent=" + used + "\n"));
    };
    for (const Row& row : {Row{"active", "512000", true, "50.0 % of memory"},
                           Row{"active", "511999", false, "50.0 % of memory"},
                           Row{"inactive", "[not set]", false, "0.0 % of memory"},
                           Row{"failed", "18446744073709551615", false, "0.0 % of memory"}}) {
        CAPTURE(row.used);
        answer(row.state, row.used);
        const auto state = examine(large, kUnit, root, spawner);
        REQUIRE(state);
        CHECK(state->holds == row.holds);
        CHECK(state->known);
        CHECK(state->measured == row.measured);
    }
    for (const char* uncounted : {"[not set]", "18446744073709551615"}) {
        answer("active", uncounted);
        CHECK(examine(large, kUnit, root, spawner).error().code == Errc::NotAvailable);
    }
    root.set("proc/meminfo", "MemFree: 1 kB\n");
    CHECK_FALSE(examine(large, kUnit, root, spawner));
}

TEST_CASE("precondition: a stall is the last ten seconds', and tells nothing about an effect") {
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    struct Row {
        Precondition::Kind kind;
        const char* file;
        std::string_view measured;
    };
    for (const Row& row : {Row{Precondition::Kind::CpuStallAbove, "proc/pressure/cpu",
                               "something waits for cpu in 20 % of the time"},
                           Row{Precondition::Kind::IoStallAbove, "proc/pressure/io",
                               "something waits for io in 20 % of the time"},
                           Row{Precondition::Kind::MemoryStallAbove, "proc/pressure/memory",
                               "something waits for memory in 20 % of the time"}}) {
        const Precondition stalled{.kind = row.kind, .ratio = 0.2, .unit_state = ""};
        CHECK_FALSE(examine(stalled, kUnit, root, spawner));  // a kernel without pressure
        root.set(row.file, "some avg10=20.00 avg60=0.00 avg300=0.00 total=1\n");
        const auto state = examine(stalled, kUnit, root, spawner);
        REQUIRE(state);
        CHECK(state->holds);
        CHECK_FALSE(state->known);
        CHECK(state->measured == row.measured);
        root.set(row.file, "some avg10=19.99 avg60=90.00 avg300=0.00 total=1\n");
        CHECK_FALSE(examine(stalled, kUnit, root, spawner)->holds);
        root.set(row.file, "garbage\n");
        CHECK_FALSE(examine(stalled, kUnit, root, spawner));
    }
    CHECK(spawner.asked.empty());
}

}  // namespace
}  // namespace homeostat
