#include "agent/uplink/utf8.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("utf-8: what is well-formed stays, every other byte becomes U+FFFD") {
    struct Row {
        std::string in;
        std::string out;
    };
    const std::string bad = "\xEF\xBF\xBD";
    for (const Row& row :
         {Row{"", ""}, Row{"plain /srv/data", "plain /srv/data"},
          Row{"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"}, Row{"\xE2\x82\xAC", "\xE2\x82\xAC"},
          Row{"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
          Row{std::string("a\0b", 3), std::string("a\0b", 3)}, Row{"\xff", bad}, Row{"\x80", bad},
          Row{"a\xC3", "a" + bad}, Row{"\xC0\xAF", bad + bad},  // overlong
          Row{"\xED\xA0\x80", bad + bad + bad},                 // a surrogate
          Row{"\xF4\x90\x80\x80", bad + bad + bad + bad},       // beyond U+10FFFF
          Row{"\xE2\x82z", bad + bad + "z"}}) {
        CAPTURE(row.in);
        CHECK(to_utf8(row.in) == row.out);
    }
}

TEST_CASE("utf-8: a cut falls between characters and the limit holds") {
    CHECK(to_utf8("gr\xC3\xBC", 3) == "gr");
    CHECK(to_utf8("gr\xC3\xBC", 4) == "gr\xC3\xBC");
    CHECK(to_utf8("\xff\xff", 5) == "\xEF\xBF\xBD");
    CHECK(to_utf8("abc", 0).empty());
}

TEST_CASE("printable: one line of ASCII, whatever a server says") {
    CHECK(to_printable("a\nb\tc\x1b[31m\xff\x7f", 100) == "a b c.[31m..");
    CHECK(to_printable(std::string(500, 'x'), 200).size() == 200);
}
