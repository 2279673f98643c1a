#include "actions/playbook/extra_variables.hpp"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.hpp"

namespace homeostat::playbook {

TEST_CASE("extra variables: words, JSON and files, later ones win") {
    const test::TemporaryDirectory directory;
    const std::string file = directory.write("v.json", R"({"n": 5, "list": [1], "a": "file"})");
    const auto variables =
        read_extra_variables({"a=1 b='x y'", "@" + file, R"({"c": true})", "a=last"});
    REQUIRE(variables);
    CHECK(variables->find("a")->text() == "last");
    CHECK(variables->find("b")->text() == "x y");
    CHECK(variables->find("n")->integer() == 5);
    CHECK(variables->find("c")->boolean());
    CHECK(read_extra_variables({})->empty());
}

TEST_CASE("extra variables: what cannot be one is refused") {
    const test::TemporaryDirectory directory;
    const std::string list = directory.write("list.json", "[1]");
    const std::string broken = directory.write("broken.json", "{");
    for (const std::string& argument :
         {std::string("novalue"), std::string("1x=5"), std::string("_x=5"), std::string("a-b=5"),
          std::string("lookup=1"), std::string("omit=1"), std::string("a='open"), "@" + list,
          "@" + broken, "@" + (directory / "nosuch"), std::string(R"({"a b": 1})")}) {
        CAPTURE(argument);
        CHECK_FALSE(read_extra_variables({argument}));
    }
}

}  // namespace homeostat::playbook
