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
    return {.kind = Precondition::Kind::FilesystemUsedAbove, .used_ratio = ratio, .unit_state = ""};
}
Precondition unit_is(std::string state) {
    return {.kind = Precondition::Kind::UnitState, .used_ratio = 0, .unit_state = std::move(state)};
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

TEST_CASE("precondition: a property is the one of that whole name") {
    CHECK(unit_property("A=1\nAB=2\n", "A") == "1");
    CHECK(unit_property("AB=2\nA=1", "A") == "1");
    CHECK(unit_property("AB=2", "A").empty());
    CHECK(unit_property("A", "A").empty());
    CHECK(unit_property("", "A").empty());
}

}  // namespace
}  // namespace homeostat
