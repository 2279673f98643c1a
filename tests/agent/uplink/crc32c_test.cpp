#include "agent/uplink/crc32c.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

TEST_CASE("crc32c: the vectors of RFC 3720, appendix B.4, and the check value") {
    std::string up;
    std::string down;
    for (int i = 0; i < 32; ++i) up.push_back(static_cast<char>(i));
    for (int i = 31; i >= 0; --i) down.push_back(static_cast<char>(i));
    CHECK(crc32c("") == 0);
    CHECK(crc32c("123456789") == 0xE3069283U);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43U);
    CHECK(crc32c(up) == 0x46DD794EU);
    CHECK(crc32c(down) == 0x113FDB5CU);
}

TEST_CASE("crc32c: a sum goes on where another one ended, at every split") {
    const std::string text = "the quick brown fox jumps over the lazy dog, twice";
    for (std::size_t split = 0; split <= text.size(); ++split) {
        CAPTURE(split);
        const std::string_view view = text;
        CHECK(crc32c(view.substr(split), crc32c(view.substr(0, split))) == crc32c(text));
    }
}

TEST_CASE("crc32c: every single flipped bit shows") {
    std::string text = "a record of the spool";
    const std::uint32_t whole = crc32c(text);
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
        CHECK(crc32c(text) != whole);
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    }
}
