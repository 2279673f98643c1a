#include "actions/sha256.hpp"

#include <doctest/doctest.h>

#include <string>

namespace homeostat {
namespace {

TEST_CASE("sha256: the vectors of FIPS 180-4") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: two parts are hashed as one text") {
    CHECK(sha256_hex("a", "bc") == sha256_hex("abc"));
    CHECK(sha256_hex("abc", "") == sha256_hex("", "abc"));
}

// The digest of all the digests of the bytes 0, 1, 2 ... of each length up to 199, which crosses
// every edge of the padding. Reference: Python's hashlib.
TEST_CASE("sha256: every length around the edges of a block, as another implementation has it") {
    std::string bytes;
    std::string digests;
    for (int length = 0; length < 200; ++length) {
        digests += sha256_hex(bytes).view();
        bytes.push_back(static_cast<char>(length));
    }
    CHECK(sha256_hex(digests) ==
          "7a38a844c9e159de39f0862ee2e28569a8250831150a3fbf0a59c001129b2fb2");
}

}  // namespace
}  // namespace homeostat
