#include "collectors/grown_files.hpp"

#include <doctest/doctest.h>

#include <ctime>

#include "core/allocation_guard.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryRoot root = std::move(*DirectoryRoot::open(directory.path().c_str()));
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    GrownFiles search;
    int steps = 0;

    void file(const std::string& path, std::size_t bytes) {
        directory.write(path, std::string(bytes, 'x'));
    }
    GrownPlace find(std::string_view mount, GrownFiles::Count count = GrownFiles::Count::Bytes,
                    std::int64_t since_ns = 0) {
        search.begin(mount, since_ns, count);
        CHECK(search.goes_on());
        for (steps = 1; !search.step(root, files); ++steps) REQUIRE(steps < 1000);
        CHECK_FALSE(search.goes_on());
        return search.result();
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "grown files: the one file that is most of it") {
    file("srv/app/big.log", 900'000);
    file("srv/app/small.log", 20'000);
    file("srv/other", 30'000);
    const GrownPlace place = find("/srv");
    CHECK(place.path == "/srv/app/big.log");
    CHECK(place.is_file);
    CHECK(place.bytes >= 900'000);
    CHECK(place.share > 0.9);
}

TEST_CASE_FIXTURE(Fixture, "grown files: the deepest directory that holds most of many") {
    for (int i = 0; i < 40; ++i) {
        file("srv/cache/" + std::to_string(i % 4) + "/f" + std::to_string(i), 50'000);
    }
    file("srv/etc/conf", 50'000);
    const GrownPlace place = find("/srv");
    CHECK(place.path == "/srv/cache");
    CHECK_FALSE(place.is_file);
    CHECK(place.files == 40);
    const GrownPlace by_number = find("/srv", GrownFiles::Count::Files);
    CHECK(by_number.path == "/srv/cache");
    CHECK(by_number.share == doctest::Approx(40.0 / 41));
}

TEST_CASE_FIXTURE(Fixture,
                  "grown files: empty files count as files, never one of them as the place") {
    for (int i = 0; i < 300; ++i) file("few/sessions/s" + std::to_string(i), 0);
    const GrownPlace place = find("/few", GrownFiles::Count::Files);
    CHECK(place.path == "/few/sessions");
    CHECK(place.files == 300);
    CHECK(find("/few").path.empty());  // they take no space
}

TEST_CASE_FIXTURE(Fixture, "grown files: what did not change since does not count") {
    file("srv/old", 500'000);
    const std::int64_t later =
        (static_cast<std::int64_t>(std::time(nullptr)) + 3600) * 1'000'000'000;
    CHECK(find("/srv", GrownFiles::Count::Bytes, later).path.empty());
}

TEST_CASE_FIXTURE(Fixture, "grown files: a long search is made in pieces, and sees all the same") {
    for (int i = 0; i < 2500; ++i) file("few/a/" + std::to_string(i), 0);
    for (int i = 0; i < 30; ++i) file("few/b/" + std::to_string(i), 0);
    const GrownPlace place = find("/few", GrownFiles::Count::Files);
    CHECK(steps >= 3);
    CHECK(place.path == "/few/a");
    CHECK(place.files == 2500);
    search.begin("/few", 0, GrownFiles::Count::Files);
    const AllocationGuard guard;
    while (!search.step(root, files)) {
    }
    CHECK(guard.count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "grown files: of the root file system where data grows") {
    file("usr/lib/large", 900'000);
    file("var/log/app/trace.log", 300'000);
    file("tmp/x", 10'000);
    const GrownPlace place = find("/");
    CHECK(place.path == "/var/log/app/trace.log");
}

TEST_CASE_FIXTURE(Fixture, "grown files: nothing there, too deep and too long a name do no harm") {
    CHECK(find("/nowhere").path.empty());
    std::string deep = "srv";
    for (int i = 0; i < 20; ++i) deep += "/d";
    file(deep + "/f", 1000);
    file("srv/" + std::string(200, 'n'), 1000);
    CHECK(find("/srv").path.empty());
}
