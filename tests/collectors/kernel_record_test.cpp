#include "collectors/kernel_record.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

TEST_CASE("kernel_record: level, facility, number, time and the first line") {
    const auto record = parse_kernel_record(
        "6,1234,98765432,-;EXT4-fs (sda1): mounted\n SUBSYSTEM=block\n DEVICE=b8:1\n");
    REQUIRE(record);
    CHECK(record->priority == 6);
    CHECK(record->facility == 0);
    CHECK(record->sequence == 1234);
    CHECK(record->microseconds == 98765432);
    CHECK(record->message == "EXT4-fs (sda1): mounted");
    const auto program = parse_kernel_record("30,5,6,-,caller=T1;systemd[1]: hello; world");
    REQUIRE(program);
    CHECK(program->facility == 3);
    CHECK(program->message == "systemd[1]: hello; world");
}

TEST_CASE("kernel_record: good, short, wrong and huge text") {
    struct Row {
        std::string text;
        bool parses;
    };
    for (const Row& row :
         {Row{"6,1,2,-;", true}, Row{"6,1,2;no flags, as of old", true}, Row{"", false},
          Row{"6", false}, Row{"6,1", false}, Row{"6,1,2", false}, Row{"6,1,2,-", false},
          Row{"6,1,2,-\n;late", false}, Row{"x,1,2,-;m", false}, Row{"-6,1,2,-;m", false},
          Row{"6,99999999999999999999,2,-;m", false}, Row{"65536,1,2,-;m", false},
          Row{std::string("\0\1\2,;", 5), false}, Row{std::string(100'000, ','), false},
          Row{"6,1,2,-;" + std::string(100'000, 'm'), true}}) {
        CAPTURE(row.text.substr(0, 40));
        CHECK(parse_kernel_record(row.text).has_value() == row.parses);
    }
    CHECK(parse_kernel_record("nonsense\n").error().text.view().find("'nonsense'") !=
          std::string_view::npos);
}
