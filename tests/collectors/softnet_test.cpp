#include "collectors/softnet.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("softnet: hexadecimal columns summed over cores, however many columns there are") {
    Watch watch;
    SoftnetCollector softnet(watch.bench);
    REQUIRE(watch.collect(softnet, test::load_host("debian12-6.1")));
    CHECK(*watch.value("softnet_processed_count") == 400006);
    CHECK(*watch.value("softnet_drops_count") == 6);
    CHECK(*watch.value("softnet_squeezes_count") == 18);
    REQUIRE(watch.collect(softnet, test::load_host("kernel-4.18")));
    CHECK(*watch.value("softnet_processed_count") == 0x5f5e1 + 0x5f5e2);
}

TEST_CASE("softnet: a line that is too short or not hexadecimal is a parse error") {
    for (const char* text : {"", "0000000a 00000000\n", "g 0 0\n", "0 0 -1\n", "\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_softnet(text));
    }
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_softnet(text));
}
