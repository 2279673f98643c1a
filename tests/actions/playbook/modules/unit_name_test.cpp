#include "actions/playbook/modules/unit_name.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("unit name: a suffix is added where there is none") {
    CHECK(*unit_name("nginx") == "nginx.service");
    CHECK(*unit_name("nginx.service") == "nginx.service");
    CHECK(*unit_name("a.timer") == "a.timer");
    CHECK(*unit_name("python3.11") == "python3.11.service");
    CHECK(*unit_name("getty@tty1") == "getty@tty1.service");
    CHECK(*unit_name("dev-disk\\x2d1.mount") == "dev-disk\\x2d1.mount");
    for (const std::string_view name :
         {"", "-x", "a b", "a*", "a?", "a/b", "a\nb", "a;b", "\xC3\xA9"}) {
        CAPTURE(name);
        CHECK_FALSE(unit_name(name));
    }
    CHECK_FALSE(unit_name(std::string(256, 'a')));
}

TEST_CASE("unit properties: lines with a name and a value") {
    const Map map = parse_unit_properties("A=1\nB=\nbroken\n=x\nC=a=b\n\xFF=\xFE\n");
    CHECK(map.find("A")->text() == "1");
    CHECK(map.find("B")->text().empty());
    CHECK(map.find("C")->text() == "a=b");
    CHECK(map.size() == 4);
    CHECK(parse_unit_properties("").empty());
}

}  // namespace homeostat::playbook
