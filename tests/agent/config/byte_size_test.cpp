#include "agent/config/byte_size.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

TEST_CASE("byte size: numbers with units of 1024, or an error that quotes the text") {
    struct Row {
        std::string_view text;
        std::int64_t bytes;  // -1: none
    };
    for (const Row& row : {Row{"0", 0},
                           Row{"512", 512},
                           Row{"1B", 1},
                           Row{"1KB", 1024},
                           Row{"1KiB", 1024},
                           Row{"10MB", 10 << 20},
                           Row{"2GiB", std::int64_t{2} << 30},
                           Row{"3TB", std::int64_t{3} << 40},
                           Row{"1MB512KB", (1 << 20) + (512 << 10)},
                           Row{"7PB", std::int64_t{7} << 50},
                           Row{"", -1},
                           Row{"MB", -1},
                           Row{"10mb", -1},
                           Row{"10M", -1},
                           Row{"10 MB", -1},
                           Row{"1.5MB", -1},
                           Row{"-1MB", -1},
                           Row{"1MBx", -1},
                           Row{"1iB", -1},
                           Row{std::string_view("1\0B", 3), -1},
                           Row{"99999999PB", -1},
                           Row{"9000PB9000PB", -1},
                           Row{"99999999999999999999999MB", -1}}) {
        CAPTURE(row.text);
        const auto size = parse_byte_size(row.text);
        CHECK(size.has_value() == (row.bytes >= 0));
        if (size) CHECK(*size == static_cast<std::uint64_t>(row.bytes));
        if (!size) CHECK_FALSE(size.error().text.empty());
    }
    CHECK_FALSE(parse_byte_size(std::string(100'000, '9')));
}
