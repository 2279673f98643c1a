#include "core/files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryFiles files = open(directory);
    std::array<char, 64> buffer{};

    static DirectoryFiles open(const test::TemporaryDirectory& directory) {
        auto files = DirectoryFiles::open_root(directory.path().c_str());
        REQUIRE(files);
        return std::move(*files);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "files: an open file stays the same after its name went to another") {
    const std::string path = directory.write("var/log/app", "one\ntwo\n");
    OpenFile file;
    REQUIRE(files.open("/var/log/app", file));
    CHECK(*files.read_at(file, 4, buffer) == "two\n");
    CHECK(files.read_at(file, 8, buffer)->empty());
    const auto before = files.stamp(file);
    REQUIRE(before);
    CHECK(before->size_bytes == 8);
    CHECK(before->type == FileStamp::Type::Regular);
    REQUIRE(::rename(path.c_str(), (path + ".1").c_str()) == 0);
    directory.write("var/log/app", "new\n");
    CHECK_FALSE(files.stamp("var/log/app", Links::Follow)->same_file(*before));
    CHECK(files.stamp(file)->same_file(*before));
    CHECK(*files.read_at(file, 0, buffer) == "one\ntwo\n");
    REQUIRE(files.open("var/log/app", file));
    CHECK(*files.read_at(file, 0, buffer) == "new\n");
    OpenFile moved = std::move(file);
    CHECK(moved.is_open());
    moved.close();
    CHECK_FALSE(moved.is_open());
}

TEST_CASE_FIXTURE(Fixture, "files: what stat tells: type, deletion, set-user-id, or why not") {
    const std::string path = directory.write("bin/tool", "x");
    REQUIRE(::chmod(path.c_str(), 04755) == 0);
    REQUIRE(::symlink("tool", (directory / "bin/link").c_str()) == 0);
    CHECK(files.stamp("bin/tool", Links::Stay)->runs_as_owner);
    CHECK(files.stamp("bin/link", Links::Stay)->type == FileStamp::Type::Link);
    CHECK(files.stamp("bin/link", Links::Follow)->runs_as_owner);
    CHECK(files.stamp("bin", Links::Stay)->type == FileStamp::Type::Directory);
    CHECK(files.stamp("", Links::Stay)->type == FileStamp::Type::Directory);
    CHECK(files.stamp("bin/none", Links::Stay).error().code == Errc::NotFound);
    OpenFile file;
    CHECK(files.open("bin/none", file).error().code == Errc::NotFound);
    REQUIRE(files.open("bin/tool", file));
    REQUIRE(::unlink(path.c_str()) == 0);
    CHECK(files.stamp(file)->links == 0);
    CHECK(DirectoryFiles::open_root("/nonesuch").error().code == Errc::NotFound);
}
