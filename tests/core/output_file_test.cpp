#include "core/output_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

mode_t type_of(const std::string& path) {
    struct stat there {};
    REQUIRE(::lstat(path.c_str(), &there) == 0);
    return there.st_mode & static_cast<mode_t>(S_IFMT);
}

}  // namespace

TEST_CASE("output_file: a regular file is replaced as a whole, a new one is made") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "page.html";
    CHECK(is_replaceable(path));
    REQUIRE(write_output_file(path, "first, and longer"));
    CHECK(is_replaceable(path));
    const std::string kept = directory / "kept";
    REQUIRE(::link(path.c_str(), kept.c_str()) == 0);
    REQUIRE(write_output_file(path, "second"));
    CHECK(*read_file(path, 100) == "second");
    CHECK(*read_file(kept, 100) == "first, and longer");  // another file, not this one cut
    CHECK_FALSE(write_output_file("/nonexistent/page.html", "x"));
}

TEST_CASE("output_file: a link stays, and what it leads to is written") {
    const test::TemporaryDirectory directory;
    const std::string target = directory / "target";
    const std::string link = directory / "link";
    REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
    CHECK_FALSE(is_replaceable(link));
    REQUIRE(write_output_file(link, "a first text"));
    REQUIRE(write_output_file(link, "a text"));
    CHECK(type_of(link) == S_IFLNK);
    CHECK(*read_file(target, 100) == "a text");
}

// By a link, so that a fault of ours costs the link and not the device of the machine that tests.
TEST_CASE("output_file: a device is written through, and its refusal is told") {
    const test::TemporaryDirectory directory;
    CHECK_FALSE(is_replaceable("/dev/null"));
    CHECK_FALSE(is_replaceable("/dev/full"));
    for (const char* device : {"/dev/null", "/dev/full"}) {
        CAPTURE(device);
        const std::string link = directory / std::string(device).substr(5);
        REQUIRE(::symlink(device, link.c_str()) == 0);
        const auto written = write_output_file(link, "text");
        CHECK(static_cast<bool>(written) == (std::string_view(device) == "/dev/null"));
        if (!written) CHECK(written.error().text.view().find(link) != std::string_view::npos);
        CHECK(type_of(link) == S_IFLNK);
        CHECK(type_of(device) == S_IFCHR);
    }
}
