#include "agent/fleet/fleet_files.hpp"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("fleet_files: what is written is read, and what is gone may be removed again") {
    const test::TemporaryDirectory directory;
    DirectoryFleetFiles files(directory / "fleet");
    CHECK(files.names().empty());
    CHECK(files.read("a", 10).error().code == Errc::NotFound);
    REQUIRE(files.write("a", "one"));
    REQUIRE(files.write("a", "two"));
    REQUIRE(files.write("b", ""));
    CHECK(*files.read("a", 10) == "two");
    CHECK(files.read("a", 2).error().code == Errc::Limit);
    CHECK(files.names() == std::vector<std::string>{"a", "b"});
    files.remove("a");
    files.remove("a");
    CHECK(files.names() == std::vector<std::string>{"b"});
}
