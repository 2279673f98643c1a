#include "agent/printable_buffer.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace homeostat;

TEST_CASE("printable_buffer: lines go on as they are, escape sequences do not") {
    std::ostringstream target;
    {
        PrintableBuffer buffer(target);
        std::ostream out(&buffer);
        out << "state \xE2\x96\x88" << 5 << "\n\tname \x1b]0;x\x07\n";
        CHECK(target.str() ==
              "state \xE2\x96\x88"
              "5\n\tname ?]0;x?\n");
        out << "\xE2\x96" << '\x88' << std::flush << "end \x1b";
        CHECK(target.str().ends_with("\n\xE2\x96\x88"));
    }
    CHECK(
        target.str().ends_with("\xE2\x96\x88"
                               "end ?"));
}

TEST_CASE("printable_buffer: a line without end is passed on in parts") {
    std::ostringstream target;
    PrintableBuffer buffer(target);
    std::ostream out(&buffer);
    for (int i = 0; i < 2000; ++i) out << std::string(100, 'x');
    CHECK(target.str().size() > 100'000);
    out.flush();
    CHECK(target.str().size() == 200'000);
}

TEST_CASE("printable_buffer: a target that fails makes the stream fail") {
    std::ostringstream target;
    target.setstate(std::ios::badbit);
    PrintableBuffer buffer(target);
    std::ostream out(&buffer);
    out << "x\n" << std::flush;
    CHECK_FALSE(out.good());
}
