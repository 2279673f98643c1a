#include "core/hex.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("hex: what is written is read again, and nothing else is") {
    std::string out;
    for (const std::string& bytes :
         {std::string(), std::string("\0\xff\n", 3), std::string("abc")}) {
        REQUIRE(from_hex(to_hex(bytes), out));
        CHECK(out == bytes);
    }
    CHECK(to_hex("\x0f\xa0") == "0fa0");
    for (const char* bad : {"", "0", "0g", "0A", "00 ", "--"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_hex(bad, out));
    }
}
