#include "agent/drill/drill_faults.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

using namespace homeostat;

TEST_CASE("drill_faults: what needs no ground has none") {
    for (const char* name : {"cpu", "mem", "io", "fd", "net"}) {
        CAPTURE(name);
        const auto ground = prepare_ground(*find_drill(name));
        REQUIRE(ground);
        CHECK(ground->directory.empty());
        CHECK_FALSE(ground->unit);
        clear_ground(*find_drill(name), *ground);
    }
}

TEST_CASE("drill_faults: the clock is never touched") {
    const auto ground = prepare_ground(*find_drill("clock"));
    REQUIRE_FALSE(ground);
    CHECK(ground.error().code == Errc::NotAvailable);
}

TEST_CASE("drill_faults: what needs root says so, and with it leaves nothing behind") {
    const auto ground = prepare_ground(*find_drill("disk"));
    if (::geteuid() != 0) {
        REQUIRE_FALSE(ground);
        CHECK(ground.error().code == Errc::Denied);
        return;
    }
    if (!ground) {
        MESSAGE("SKIPPED: nothing can be mounted here: " << ground.error().text.view());
        return;
    }
    CHECK(std::filesystem::space(ground->directory).capacity == kDrillDiskBytes);
    clear_ground(*find_drill("disk"), *ground);
    CHECK_FALSE(std::filesystem::exists(ground->directory));
}
