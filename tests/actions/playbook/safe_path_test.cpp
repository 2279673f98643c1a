#include "actions/playbook/safe_path.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat::playbook {
namespace {

namespace fs = std::filesystem;

// Far enough behind whatever the real clock says of the files made here.
constexpr Instant kLongAfter{.monotonic_ns = 1, .unix_ns = 4'000'000'000LL * 1'000'000'000};

struct Tree {
    test::TemporaryDirectory directory;
    PathGrant grant;
    OperatorPolicy policy;

    Tree() { grant.root = directory.path(); }

    Status remove_at(const std::string& name, bool check = false, Instant now = kLongAfter) {
        const auto place = Place::open(directory / name, grant);
        if (!place) return place.error();
        return remove(*place, grant, policy, now, check);
    }
    bool exists(const std::string& name) const {
        return fs::symlink_status(directory / name).type() != fs::file_type::not_found;
    }
};

}  // namespace

TEST_CASE(
    "safe path (RULES B11, C3): links anywhere on the way are refused, the last name is looked at "
    "itself") {
    Tree tree;
    tree.directory.write("real/file", "x");
    fs::create_symlink("real", tree.directory / "link");
    CHECK(Place::open(tree.directory / "real/file", tree.grant));
    const auto through = Place::open(tree.directory / "link/file", tree.grant);
    REQUIRE_FALSE(through);
    CHECK(through.error().code == Errc::Denied);
    const auto link = Place::open(tree.directory / "link", tree.grant);
    REQUIRE(link);
    CHECK(S_ISLNK((*link->look())->st_mode));
    CHECK_FALSE(link->open_itself());
    CHECK(Place::open(tree.directory / "nosuch/x", tree.grant).error().code == Errc::NotFound);
    CHECK_FALSE(Place::open("/", {}));
    CHECK_FALSE(Place::open("/etc/passwd", tree.grant));  // outside the root of the grant
}

TEST_CASE("safe path: removing a tree removes links in it and never what they point to") {
    Tree tree;
    tree.directory.write("cache/deep/er/f", "x");
    tree.directory.write("kept/precious", "x");
    fs::create_symlink("../kept", tree.directory / "cache/out");
    fs::create_symlink("/etc", tree.directory / "cache/etc");
    CHECK(tree.remove_at("cache", true));
    CHECK(tree.exists("cache/deep/er/f"));
    CHECK(tree.remove_at("cache"));
    CHECK_FALSE(tree.exists("cache"));
    CHECK(tree.exists("kept/precious"));
    CHECK(fs::exists("/etc"));
}

TEST_CASE("safe path: one link, one special file, nothing at all") {
    Tree tree;
    tree.directory.write("target", "x");
    fs::create_symlink("target", tree.directory / "link");
    REQUIRE(::mkfifo((tree.directory / "fifo").c_str(), 0600) == 0);
    CHECK(tree.remove_at("link"));
    CHECK(tree.remove_at("fifo"));
    CHECK(tree.remove_at("nosuch"));
    CHECK(tree.exists("target"));
    CHECK_FALSE(tree.exists("link"));
}

TEST_CASE(
    "safe path (RULES C3, C2 row 14): too deep, too young or not a plain file: nothing goes at "
    "all") {
    Tree tree;
    tree.directory.write("d/old", "x");
    std::string deep = "deep";
    for (int i = 0; i < 70; ++i) deep += "/x";
    fs::create_directories(tree.directory / deep);
    CHECK_FALSE(tree.remove_at("deep"));
    CHECK(tree.exists("deep/x"));

    tree.grant.age_min = hours(1);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const Instant soon{.monotonic_ns = 1, .unix_ns = now.tv_sec * 1'000'000'000LL};
    CHECK(tree.remove_at("d", false, soon).error().code == Errc::Denied);
    CHECK(tree.exists("d/old"));

    tree.grant.age_min = {};
    tree.grant.regular_files_only = true;
    CHECK_FALSE(tree.remove_at("d"));
    fs::create_hard_link(tree.directory / "d/old", tree.directory / "twin");
    CHECK_FALSE(tree.remove_at("twin"));
    fs::remove(tree.directory / "d/old");
    CHECK(tree.remove_at("twin"));
}

// RULES C3: open for writing stays.
TEST_CASE("safe path (RULES C3): what somebody has open for writing is not removed") {
    Tree tree;
    tree.grant.regular_files_only = true;
    tree.directory.write("log", "x");
    {
        const Descriptor writer(::open((tree.directory / "log").c_str(), O_WRONLY | O_APPEND));
        REQUIRE(writer);
        const auto removed = tree.remove_at("log");
        REQUIRE_FALSE(removed);
        CHECK(removed.error().text.view().find("is open for writing") != std::string_view::npos);
    }
    const Descriptor reader(::open((tree.directory / "log").c_str(), O_RDONLY));
    REQUIRE(reader);
    CHECK(tree.remove_at("log"));
    CHECK_FALSE(tree.exists("log"));
}

TEST_CASE("safe path: the policy has the last word, and is asked before the first removal") {
    class OneForbidden final : public Policy {
    public:
        Result<PathGrant> allow_path(std::string_view, PathUse) const override {
            return PathGrant{};
        }
        Status allow_shell() const override { return Ok{}; }
        Status allow_program(std::string_view) const override { return Ok{}; }
        Status allow_unit(std::string_view, std::string_view) const override { return Ok{}; }
        Status allow_host(std::string_view) const override { return Ok{}; }
        Duration task_time_max() const override { return seconds(1); }
        Status allow_removal(int, std::string_view name) const override {
            return name == "PG_VERSION" ? make_error(Errc::Denied, "a database") : Status(Ok{});
        }
    };
    Tree tree;
    for (const char* name : {"d/a", "d/PG_VERSION", "d/z"}) tree.directory.write(name, "x");
    const auto place = Place::open(tree.directory / "d", tree.grant);
    const auto removed = remove(*place, tree.grant, OneForbidden(), kLongAfter, false);
    CHECK_FALSE(removed);
    for (const char* name : {"d/a", "d/PG_VERSION", "d/z"}) CHECK(tree.exists(name));
}

TEST_CASE("safe path (RULES C3): mount points are not removed") {
    const auto place = Place::open("/proc", {});
    REQUIRE(place);
    const auto removed = remove(*place, {}, OperatorPolicy(), kLongAfter, true);
    REQUIRE_FALSE(removed);
    CHECK(removed.error().text.view().find("mount point") != std::string_view::npos);
}

TEST_CASE("safe path: directories are made with their parents, all with the mode") {
    Tree tree;
    const auto made = make_directories(tree.directory / "a/b", tree.grant, {.mode = 0750}, 022);
    REQUIRE(made);
    CHECK(*made);
    for (const char* name : {"a", "a/b"}) {
        CHECK((fs::status(tree.directory / name).permissions() & fs::perms::all) ==
              static_cast<fs::perms>(0750));
    }
    CHECK_FALSE(*make_directories(tree.directory / "a/b", tree.grant, {}, 022));
    tree.directory.write("file", "x");
    CHECK_FALSE(make_directories(tree.directory / "file/sub", tree.grant, {}, 022));
    fs::create_symlink("a", tree.directory / "link");
    CHECK_FALSE(make_directories(tree.directory / "link/c", tree.grant, {}, 022));
    CHECK_FALSE(tree.exists("a/c"));
}

TEST_CASE("safe path: a file is replaced whole, and nothing is left behind") {
    Tree tree;
    tree.directory.write("conf", "old");
    const auto place = Place::open(tree.directory / "conf", tree.grant);
    REQUIRE(write_file(*place, "new", {.mode = 0600}));
    CHECK(*place->read(100) == "new");
    CHECK(((*place->look())->st_mode & 07777U) == 0600U);
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(tree.directory.path())) {
        static_cast<void>(entry);
        ++count;
    }
    CHECK(count == 1);
    CHECK(place->read(2).error().code == Errc::Limit);
    CHECK_FALSE(make_file(*place, 0644));
}

TEST_CASE("safe path: attributes are set on the thing that was opened") {
    Tree tree;
    tree.directory.write("f", "x");
    const auto place = Place::open(tree.directory / "f", tree.grant);
    const auto fd = place->open_itself();
    REQUIRE(fd);
    const struct stat before = **place->look();
    CHECK_FALSE(differs(before, {}));
    CHECK(differs(before, {.mode = 0601}));
    CHECK(set_attributes(fd->get(), before, {.mode = 0601}, place->path()));
    CHECK(((*place->look())->st_mode & 07777U) == 0601U);
    CHECK(set_times(fd->get(), {.tv_sec = 5, .tv_nsec = 0}, {.tv_sec = 7, .tv_nsec = 0}, "f"));
    CHECK((*place->look())->st_mtim.tv_sec == 7);
}

}  // namespace homeostat::playbook
