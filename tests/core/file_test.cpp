#include "core/file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("file: a write replaces the whole file and leaves no temporary behind") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "state.json";
    REQUIRE(write_file_atomically(path, "first"));
    REQUIRE(write_file_atomically(path, "second", 0600));
    CHECK(*read_file(path, 100) == "second");
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600);
    CHECK(::stat((path + ".new").c_str(), &info) != 0);
}

TEST_CASE("file: what cannot be written leaves the old content in force and says where") {
    const auto status = write_file_atomically("/nonexistent/dir/file", "x");
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::NotFound);
    CHECK(status.error().text.view().find("/nonexistent/dir/file") != std::string_view::npos);
}

TEST_CASE("file: reading respects the cap") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.write("big", std::string(1000, 'x'));
    CHECK(read_file(path, 1000)->size() == 1000);
    CHECK(read_file(path, 999).error().code == Errc::Limit);
    CHECK(read_file(directory / "none", 10).error().code == Errc::NotFound);
}

TEST_CASE("file: making a directory that is there is fine") {
    const test::TemporaryDirectory directory;
    CHECK(make_directory(directory / "spool"));
    CHECK(make_directory(directory / "spool"));
    CHECK_FALSE(make_directory(directory / "a/b"));
}
