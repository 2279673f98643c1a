#include "actions/playbook/modules/program.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/actions/playbook/play_fixture.hpp"

namespace homeostat::playbook {

TEST_CASE("program: variables that make a program load or run something else are refused") {
    for (const std::string_view name :
         {"LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "IFS", "ENV", "BASH_ENV", "PYTHONPATH",
          "PERL5LIB", "BASH_FUNC_x%%", "APT_CONFIG", "DBUS_SYSTEM_BUS_ADDRESS", "GCONV_PATH",
          "OPENSSL_CONF", "", "A=B"}) {
        CAPTURE(name);
        CHECK_FALSE(check_variable(name));
    }
    for (const std::string_view name : {"HOME", "LANG", "NAME", "ENVIRONMENT", "PATHS"}) {
        CAPTURE(name);
        CHECK(check_variable(name));
    }
}

TEST_CASE("program: the environment is built from nothing") {
    test::PlayFixture play;
    const auto names = program_environment(play.environment(), {"A=b", "LANG=de"});
    CHECK(std::count_if(names.begin(), names.end(),
                        [](const auto& text) { return text.starts_with("LANG="); }) == 1);
    CHECK(names[0].starts_with("PATH=/usr/local/sbin:"));
    CHECK(std::find(names.begin(), names.end(), "A=b") != names.end());
    CHECK(std::any_of(names.begin(), names.end(),
                      [](const auto& text) { return text.starts_with("HOME=/"); }));
}

TEST_CASE("program: found on the fixed path, or where its own path says") {
    CHECK(find_program("sh", "")->ends_with("/sh"));
    CHECK(find_program("nosuch-program-here", "").error().code == Errc::NotFound);
    CHECK(*find_program("/x//y", "") == "/x/y");
    CHECK(*find_program("./y", "/x") == "/x/y");
    CHECK_FALSE(find_program("./y", ""));
    CHECK_FALSE(find_program("../y", "/x"));
    CHECK_FALSE(find_program("/x/../y", ""));
}

}  // namespace homeostat::playbook
