#include "collectors/source.hpp"

#include <doctest/doctest.h>

#include <array>

#include "tests/support/memory_root.hpp"

using namespace homeostat;

TEST_CASE("source: a missing file means that the host lacks the source, another error stays") {
    test::MemoryRoot root;
    root.set("proc/here", "42\n");
    root.fail("proc/secret", Errc::Denied);
    std::array<char, 64> buffer{};
    KeptFile missing("proc/missing");
    CHECK(*read_source(root, "proc/here", buffer) == "42\n");
    CHECK(read_source(root, missing, buffer).error().code == Errc::NotAvailable);
    CHECK(read_source(root, "proc/missing", buffer).error().code == Errc::NotAvailable);
    CHECK(read_source(root, "proc/secret", buffer).error().code == Errc::Denied);
}

TEST_CASE("source: a number is the whole of its file") {
    struct Row {
        const char* text;
        std::optional<std::uint64_t> number;
    };
    test::MemoryRoot root;
    std::array<char, 64> buffer{};
    for (const Row& row : {Row{"42\n", 42}, Row{"0", 0}, Row{"", {}}, Row{"4 2\n", {}},
                           Row{"-1\n", {}}, Row{"18446744073709551616\n", {}}}) {
        CAPTURE(row.text);
        root.set("proc/number", row.text);
        const auto number = read_number(root, "proc/number", buffer);
        CHECK(number.has_value() == row.number.has_value());
        if (number) CHECK(*number == *row.number);
        if (!number) CHECK(number.error().code == Errc::Parse);
    }
}

TEST_CASE("source: an excerpt is short, one line and printable") {
    CHECK(excerpt("one\ntwo") == "one");
    CHECK(excerpt("ab\xFFzz") == "ab");
    CHECK(excerpt(std::string(1000, 'x')).size() == 80);
    CHECK(excerpt("").empty());
}
