#include "core/root.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string>

#include "core/allocation_guard.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryRoot root = open(directory);
    std::array<char, 64> buffer{};

    static DirectoryRoot open(const test::TemporaryDirectory& directory) {
        auto root = DirectoryRoot::open(directory.path().c_str());
        REQUIRE(root);
        return std::move(*root);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "root: reads below itself, also when the path looks absolute") {
    directory.write("proc/loadavg", "0.1 0.2\n");
    for (const char* path : {"proc/loadavg", "/proc/loadavg"}) {
        const auto text = root.read(path, buffer);
        REQUIRE(text);
        CHECK(*text == "0.1 0.2\n");
    }
    CHECK(root.read("proc/absent", buffer).error().code == Errc::NotFound);
}

TEST_CASE_FIXTURE(Fixture, "root: a file larger than the buffer is an error, never a part") {
    directory.write("big", std::string(64, 'x'));
    CHECK(root.read("big", buffer).error().code == Errc::Limit);
    directory.write("fits", std::string(63, 'x'));
    CHECK(root.read("fits", buffer)->size() == 63);
    directory.write("empty", "");
    CHECK(root.read("empty", buffer)->empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "root: a kept file is read from its start each time, allocating nothing") {
    const std::string path = directory.write("proc/uptime", "1 1\n");
    KeptFile file("proc/uptime");
    CHECK(*root.read(file, buffer) == "1 1\n");
    directory.write("proc/uptime", "2 2\n");
    const AllocationGuard guard;
    for (int i = 0; i < 100; ++i) {
        if (*root.read(file, buffer) != "2 2\n") FAIL("stale content");
    }
    CHECK(guard.count() == 0);
    KeptFile absent("proc/absent");
    CHECK(root.read(absent, buffer).error().code == Errc::NotFound);
    directory.write("proc/absent", "now\n");
    CHECK(*root.read(absent, buffer) == "now\n");
}

TEST_CASE_FIXTURE(Fixture, "root: lists names, stops when asked, follows no link out") {
    directory.write("proc/1/stat", "");
    directory.write("proc/22/stat", "");
    REQUIRE(::symlink("/etc/hostname", (directory / "proc/link").c_str()) == 0);
    std::set<std::string> names;
    REQUIRE(root.list("proc", [&names](std::string_view name) {
        names.emplace(name);
        return true;
    }));
    CHECK(names == std::set<std::string>{"1", "22", "link"});
    int seen = 0;
    REQUIRE(root.list("proc", [&seen](std::string_view) { return ++seen < 2; }));
    CHECK(seen == 2);
    CHECK(root.list("absent", [](std::string_view) { return true; }).error().code ==
          Errc::NotFound);
    CHECK(*root.read_link("proc/link", buffer) == "/etc/hostname");
}

TEST_CASE_FIXTURE(Fixture, "root: statvfs of a real directory makes sense") {
    const auto usage = root.filesystem_usage("");
    REQUIRE(usage);
    CHECK(usage->size_bytes >= usage->free_bytes);
    CHECK(usage->free_bytes >= usage->available_bytes);
    directory.write("file", "x");  // may be a mount point, too
    CHECK(root.filesystem_usage("file").has_value());
    CHECK(root.filesystem_usage("absent").error().code == Errc::NotFound);
}

TEST_CASE("root: a directory that is not there is an error that names it") {
    const auto root = DirectoryRoot::open("/nonexistent/place");
    REQUIRE_FALSE(root);
    CHECK(root.error().text.view().find("/nonexistent/place") != std::string_view::npos);
}

TEST_CASE("root: the one in memory behaves like the real one") {
    test::MemoryRoot root;
    root.set("proc/1/stat", "1 (init)");
    root.set("proc/22/stat", "22 (x)");
    root.fail("proc/bad", Errc::Denied);
    std::array<char, 64> buffer{};
    CHECK(*root.read("/proc/1/stat", buffer) == "1 (init)");
    CHECK(root.read("proc/bad", buffer).error().code == Errc::Denied);
    CHECK(root.read("proc/none", buffer).error().code == Errc::NotFound);
    std::set<std::string> names;
    REQUIRE(root.list("proc", [&names](std::string_view name) {
        names.emplace(name);
        return true;
    }));
    CHECK(names == std::set<std::string>{"1", "22"});
}
