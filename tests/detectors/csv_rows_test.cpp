#include "detectors/csv_rows.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

using namespace homeostat;

namespace {

// All rows up to the end or the first error, as text.
std::string read_all(const std::string& text) {
    std::istringstream in(text);
    CsvRows rows(in);
    const Status header = rows.read_header();
    if (!header) return std::string(header.error().text.view());
    std::string out;
    for (;;) {
        const auto more = rows.read_row();
        if (!more) return out + std::string(more.error().text.view());
        if (!*more) return out;
        out += std::string(rows.timestamp_text()) + ":";
        for (const double value : rows.values()) {
            out += std::isnan(value) ? " -" : fmt::format(" {}", value);
        }
        out += "|";
    }
}

}  // namespace

TEST_CASE("csv rows: numbers, missing values, blanks, CRLF and blank lines") {
    CHECK(read_all("timestamp,a,b\n1,2,3\n2,,4.5\n") == "1: 2 3|2: - 4.5|");
    CHECK(read_all("timestamp,a\r\n1,2\r\n\r\n2,\r\n") == "1: 2|2: -|");
    CHECK(read_all("\xEF\xBB\xBFtimestamp,a\n1.5, +2e3 \n") == "1.5: 2000|");
    CHECK(read_all("timestamp,a\n-5,nan\n7,inf\n8,1e999\n") == "-5: -|7: -|8: -|");
    CHECK(read_all("timestamp,a\n1,2") == "1: 2|");
    CHECK(read_all("timestamp,a\n") == "");
}

TEST_CASE("csv rows: an error names the line, the column and what was expected") {
    struct Row {
        std::string text;
        std::string error;
    };
    for (const Row& row :
         {Row{"", "line 1: expected a header 'timestamp,NAME', got nothing"},
          Row{"time,a\n", "line 1, column 1: expected the column 'timestamp', got 'time'"},
          Row{"timestamp\n", "line 1, column 2: expected at least one value column, got ''"},
          Row{"timestamp,a,\n", "line 1, column 3: expected the name of a column, got ''"},
          Row{"timestamp,a\n1,x\n", "line 2, column 2: expected a number, got 'x'"},
          Row{"timestamp,a\n\nnow,1\n",
              "line 3, column 1: expected a time in epoch seconds, got "
              "'now'"},
          Row{"timestamp,a\n,1\n", "line 2, column 1: expected a time in epoch seconds, got ''"},
          Row{"timestamp,a\n1,2,3\n", "line 2: more columns than the header's 2"},
          Row{"timestamp,a,b\n1,2\n", "line 2: expected 3 columns, got 2"},
          Row{"timestamp,a\n1\n", "line 2: expected 2 columns, got 1"}}) {
        CAPTURE(row.text);
        CHECK(read_all(row.text) == row.error);
    }
}

TEST_CASE("csv rows: binary and overlong garbage is an error, not a crash") {
    CHECK(read_all(std::string("\0\x01\xff,,\n", 6)).find("line 1") == 0);
    CHECK(read_all("timestamp,a\n1," + std::string(100000, 'z') + "\n").size() < 200);
    CHECK(read_all("timestamp,a\n1," + std::string("\0", 1) + "\n").find("line 2") == 0);
}
