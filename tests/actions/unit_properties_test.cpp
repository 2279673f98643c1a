#include "actions/unit_properties.hpp"

#include <doctest/doctest.h>

#include <array>

#include "tests/support/scripted_spawner.hpp"

namespace homeostat {
namespace {

constexpr std::array kNames{"ActiveState"};

TEST_CASE("unit properties: systemctl is asked without a terminal, and the name is no option") {
    test::ScriptedSpawner spawner;
    spawner.answer(0, "LoadState=loaded\nActiveState=active\n");
    const auto text = show_unit("-x.service", kNames, spawner);
    REQUIRE(text);
    CHECK(unit_property(*text, "ActiveState") == "active");
    CHECK(spawner.asked[0].argv ==
          std::vector<std::string>{"/usr/bin/systemctl", "--no-pager", "--no-ask-password", "show",
                                   "-p", "LoadState", "-p", "ActiveState", "--", "-x.service"});
    CHECK(spawner.asked[0].environment ==
          std::vector<std::string>{"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER="});
}

TEST_CASE("unit properties: no systemctl, no unit, a failure: each is told") {
    test::ScriptedSpawner spawner;
    CHECK(show_unit("a.service", kNames, spawner).error().code == Errc::NotFound);
    CHECK(spawner.asked.size() == 2);  // /bin/systemctl was tried as well
    spawner.answer(0, "LoadState=not-found\n");
    CHECK(show_unit("a.service", kNames, spawner).error().code == Errc::NotAvailable);
    spawner.answer(1, "", "Failed to connect to bus\n");
    const auto failed = set_unit_properties("a.service", {"CPUWeight=20"}, spawner);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().text ==
          "systemctl set-property CPUWeight=20: exit 1 Failed to connect to bus");
}

TEST_CASE("unit properties: a property is found by its whole name") {
    CHECK(unit_property("A=1\nAB=2\n", "A") == "1");
    CHECK(unit_property("AB=2\nA=1", "A") == "1");
    CHECK(unit_property("AB=2", "A").empty());
    CHECK(unit_property("A", "A").empty());
    CHECK(unit_property("", "A").empty());
}

}  // namespace
}  // namespace homeostat
