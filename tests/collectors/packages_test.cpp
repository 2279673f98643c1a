#include "collectors/packages.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    test::TemporaryDirectory directory;
    DirectoryFiles files = std::move(*DirectoryFiles::open_root(directory.path().c_str()));
    test::Watch watch;
    Workbench bench{test::with_files(files)};
    PackagesCollector packages{bench};

    void append(std::string_view text) {
        std::ofstream(directory / "var/log/dpkg.log", std::ios::app) << text;
    }
    Status collect() {
        bench.events().begin();
        return watch.collect(packages, test::MemoryRoot{});
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "packages: an upgrade is an event, what was in the log before is not") {
    directory.write("var/log/dpkg.log", "2026-11-20 09:00:00 install old:amd64 <none> 1\n");
    REQUIRE(collect());
    CHECK(bench.events().all().empty());
    append(
        "2026-11-20 10:00:00 upgrade nginx:amd64 1.22 1.23\n"
        "2026-11-20 10:00:01 status installed nginx:amd64 1.23\n");
    REQUIRE(collect());
    REQUIRE(bench.events().all().size() == 1);
    const Event& event = bench.events().all()[0];
    CHECK(event.kind == EventKind::PackageChanged);
    CHECK(event.object == "nginx");
    CHECK(event.text == "package nginx was upgraded (1.23)");
    CHECK(*watch.value("package_changes_count") == 1);
}

TEST_CASE_FIXTURE(Fixture, "packages: a large upgrade names some and counts the rest") {
    directory.write("var/log/dpkg.log", "");
    REQUIRE(collect());
    for (int i = 0; i < 100; ++i) {
        append(fmt::format("2026-11-20 10:00:00 upgrade p{}:amd64 1 2\n", i));
    }
    REQUIRE(collect());
    REQUIRE(bench.events().all().size() == PackagesCollector::kNamedMax + 1);
    CHECK(bench.events().all().back().text == "92 more packages were changed");
    CHECK(*watch.value("package_changes_count") == 100);
}

TEST_CASE_FIXTURE(Fixture, "packages: a host without such a log has no such source") {
    CHECK(collect().error().code == Errc::NotAvailable);
    test::Watch alone;
    PackagesCollector blind(alone.bench);
    CHECK(alone.collect(blind, test::MemoryRoot{}).error().code == Errc::NotAvailable);
}
