#include "agent/uplink/spool_files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "core/file.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

TEST_CASE("spool files: made at full size, written, synced and read back") {
    const test::TemporaryDirectory directory;
    DirectorySpoolFiles files(directory / "spool");
    REQUIRE(files.open("info-000", 65536).has_value());
    REQUIRE(files.write("info-000", 1000, "hello").has_value());
    REQUIRE(files.sync("info-000").has_value());
    REQUIRE(files.sync_directory().has_value());

    struct stat info {};
    REQUIRE(::stat((directory / "spool/info-000").c_str(), &info) == 0);
    CHECK(info.st_size == 65536);
    CHECK(info.st_blocks * 512 >= 65536);  // the room is set aside, not only promised
    CHECK((info.st_mode & 07777) == 0640);

    std::array<char, 8> bytes{};
    const auto count = files.read("info-000", 1000, bytes);
    REQUIRE(count.has_value());
    CHECK(*count == 8);
    CHECK(std::string_view(bytes.data(), 5) == "hello");
    CHECK(*files.read("info-000", 65533, bytes) == 3);
    CHECK(*files.read("info-000", 70000, bytes) == 0);
}

TEST_CASE("spool files: opening again keeps the content and grows what is short") {
    const test::TemporaryDirectory directory;
    directory.write("a", "short");
    DirectorySpoolFiles files(directory.path());
    REQUIRE(files.open("a", 4096).has_value());
    REQUIRE(files.open("a", 4096).has_value());
    std::array<char, 5> bytes{};
    CHECK(*files.read("a", 0, bytes) == 5);
    CHECK(std::string_view(bytes.data(), 5) == "short");
    CHECK(*files.read("a", 4095, bytes) == 1);
}

TEST_CASE("spool files: what cannot be opened is an error that names the file") {
    const test::TemporaryDirectory directory;
    directory.write("target", "secret");
    REQUIRE(::symlink((directory / "target").c_str(), (directory / "link").c_str()) == 0);
    REQUIRE(::mkdir((directory / "folder").c_str(), 0755) == 0);
    DirectorySpoolFiles files(directory.path());
    for (const char* name : {"link", "folder"}) {
        CAPTURE(name);
        const auto opened = files.open(name, 4096);
        REQUIRE_FALSE(opened.has_value());
        CHECK(opened.error().text.view().find(name) != std::string_view::npos);
    }
    CHECK(*read_file(directory / "target", 100) == "secret");

    DirectorySpoolFiles nowhere(directory / "no/such/parent");
    CHECK_FALSE(nowhere.open("a", 4096).has_value());
    std::array<char, 5> bytes{};
    CHECK_FALSE(nowhere.read("a", 0, bytes).has_value());
    CHECK_FALSE(nowhere.write("a", 0, "x").has_value());
    CHECK_FALSE(nowhere.sync("a").has_value());
    CHECK_FALSE(nowhere.sync_directory().has_value());
}

TEST_CASE("spool files: more room than there is on the disk is refused at once") {
    const test::TemporaryDirectory directory;
    DirectorySpoolFiles files(directory.path());
    CHECK_FALSE(files.open("huge", std::size_t{1} << 60U).has_value());
}

TEST_CASE("spool files: the last room of a disk is left to others") {
    constexpr std::uint64_t kMiB = 1U << 20U;
    CHECK(leaves_room(1000 * kMiB, 66 * kMiB, 2 * kMiB));
    CHECK_FALSE(leaves_room(1000 * kMiB, 65 * kMiB, 2 * kMiB));
    CHECK_FALSE(leaves_room(1000 * kMiB, 0, 1));
    CHECK(leaves_room(40 * kMiB, 26 * kMiB, 16 * kMiB));  // a small disk: a quarter of it
    CHECK_FALSE(leaves_room(40 * kMiB, 25 * kMiB, 16 * kMiB));
    CHECK_FALSE(leaves_room(1000 * kMiB, 900 * kMiB, UINT64_MAX));
    CHECK_FALSE(leaves_room(0, 0, 1));
}

TEST_CASE("spool files: what is written to a file that was removed is not called safe") {
    const test::TemporaryDirectory directory;
    DirectorySpoolFiles files(directory / "spool");
    REQUIRE(files.open("info-000", 4096).has_value());
    REQUIRE(::unlink((directory / "spool/info-000").c_str()) == 0);
    REQUIRE(files.write("info-000", 0, "hello").has_value());
    const auto synced = files.sync("info-000");
    REQUIRE_FALSE(synced.has_value());
    CHECK(synced.error().text.view().find("removed while in use") != std::string_view::npos);
    REQUIRE(files.open("info-000", 4096).has_value());
    REQUIRE(files.write("info-000", 0, "hello").has_value());
    CHECK(files.sync("info-000").has_value());
}
