#include "collectors/cgroup_files.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

TEST_CASE("cgroup files: the number of a key is that of the whole key") {
    const char* text = "low 0\nhigh 3\nmax 12\noom 1\noom_kill 2\nbad x\nempty\n";
    CHECK(*keyed_number(text, "oom") == 1);
    CHECK(*keyed_number(text, "oom_kill") == 2);
    for (const char* key : {"ma", "bad", "empty", "none"}) {
        CAPTURE(key);
        CHECK_FALSE(keyed_number(text, key));
    }
    for (const std::string& hostile : test::hostile_texts())
        CHECK_FALSE(keyed_number(hostile, "x"));
}

TEST_CASE("cgroup files: no limit is no number") {
    CHECK(*parse_limit("4096\n") == 4096);
    for (const char* text : {"max\n", "", "\n", "-1\n", "4 k\n"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_limit(text));
    }
}

TEST_CASE("cgroup files: I/O is summed over devices") {
    const auto io = parse_io_stat(
        "254:0 rbytes=100 wbytes=20 rios=1 wios=2 dbytes=9 dios=9\n"
        "8:0 \n"
        "259:0 rbytes=1 wbytes=2\n");
    REQUIRE(io);
    CHECK(io->read_bytes == 101);
    CHECK(io->written_bytes == 22);
    CHECK(parse_io_stat("")->read_bytes == 0);
    CHECK_FALSE(parse_io_stat("hello rbytes=1\n"));
    CHECK(parse_io_stat("8:0 rbytes=x wbytes=\n")->read_bytes == 0);
    for (const std::string& hostile : test::hostile_texts()) (void)parse_io_stat(hostile);
}

TEST_CASE("cgroup_files: bytes of version 1, without the totals") {
    const auto io =
        parse_blkio_bytes("8:0 Read 1\n8:0 Write 2\n8:0 Total 3\n9:0 Read 4\nTotal 7\n");
    REQUIRE(io);
    CHECK(io->read_bytes == 5);
    CHECK(io->written_bytes == 2);
    CHECK_FALSE(parse_blkio_bytes("Total 0\n"));
    CHECK_FALSE(parse_blkio_bytes("8:0 Read x\n"));
    for (const std::string& text : test::hostile_texts()) CHECK_FALSE(parse_blkio_bytes(text));
}
