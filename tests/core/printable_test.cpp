#include "core/printable.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("printable: what talks to a terminal or forges a line is replaced, the rest stays") {
    struct Row {
        std::string_view text;
        std::string_view one_line;
    };
    using namespace std::string_view_literals;
    for (const Row& row : {
             Row{"", ""},
             Row{"sshd [priv] ~", "sshd [priv] ~"},
             Row{"\x1b[31mred\x1b[0m", "?[31mred?[0m"},
             Row{"a\nhomeostat: all is well", "a?homeostat: all is well"},
             Row{"\0\t\r\x7f"sv, "????"},
             Row{"na\xC3\xAFve \xE2\x96\x88 \xF0\x9F\x98\x80",
                 "na\xC3\xAFve \xE2\x96\x88 "
                 "\xF0\x9F\x98\x80"},
             Row{"csi \xC2\x9B"
                 "31m",
                 "csi ??31m"},
             Row{"\xE2\x80\xAEgpj.exe", "???gpj.exe"},                 // U+202E
             Row{"\xE2\x81\xA6 \xD8\x9C \xE2\x80\xA8", "??? ?? ???"},  // U+2066, U+061C, U+2028
             Row{"\xFF\xC0\xAF\xED\xA0\x80", "??????"},                // bytes, overlong, surrogate
             Row{"cut \xE2\x96", "cut ??"},
         }) {
        CAPTURE(row.text);
        CHECK(printable(row.text) == row.one_line);
    }
    CHECK(printable("a\n\tb\x1b\r", Lines::Many) == "a\n\tb??");
}

TEST_CASE("printable: every byte alone becomes a printable one of the same length") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string text(1, static_cast<char>(byte));
        const std::string safe = printable(text);
        REQUIRE(safe.size() == 1);
        CHECK((safe[0] >= ' ' && safe[0] <= '~'));
    }
}

TEST_CASE("printable: JSON says the same with escapes") {
    CHECK(printable_json("{\n  \"a\": \"\x7f \xC2\x9B \xE2\x80\xAE \xC3\xA9\"\n}") ==
          "{\n  \"a\": \"\\u007f \\u009b \\u202e \xC3\xA9\"\n}");
    CHECK(printable_json("") == "");
    CHECK(printable_json("\xFF") == "\xFF");  // not JSON: left as it is
}
