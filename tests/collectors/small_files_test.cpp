#include "collectors/small_files.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("small_files: text, numbers and words, or nothing") {
    Watch watch;
    test::MemoryRoot root;
    root.set("sys/a/number", " -42\n");
    root.set("sys/a/word", "running\n");
    SmallFiles files(root, watch.bench.buffer(), watch.samples);
    CHECK(*files.number("sys/{}/number", "a") == -42);
    CHECK(files.word("sys/{}/word", "a") == "running");
    CHECK_FALSE(files.number("sys/a/word"));
    CHECK(files.text("sys/a/none").empty());
    CHECK(files.text("sys/{}", std::string(300, 'x')).empty());  // a path that was cut
}

TEST_CASE("small_files: absent is not available, refused says why, found is well") {
    Watch watch;
    test::MemoryRoot root;
    SmallFiles absent(root, watch.bench.buffer(), watch.samples);
    CHECK(absent.text("sys/none").empty());
    CHECK(absent.outcome("no such thing").error().code == Errc::NotAvailable);

    root.fail("sys/secret", Errc::Denied);
    SmallFiles refused(root, watch.bench.buffer(), watch.samples);
    CHECK(refused.text("sys/secret").empty());
    CHECK(refused.outcome("no such thing").error().code == Errc::Denied);

    constexpr Metric kMetric{"test_metric"};
    watch.samples.add(kMetric, 1);
    CHECK(refused.outcome("no such thing"));
}

TEST_CASE("small_files: a directory of very many things is looked at up to a bound") {
    Watch watch;
    test::MemoryRoot root;
    for (int i = 0; i < 2100; ++i) root.set("sys/many/" + std::to_string(i), "1\n");
    SmallFiles files(root, watch.bench.buffer(), watch.samples);
    std::uint32_t seen = 0;
    files.each("sys/many", [&](std::string_view) { ++seen; });
    CHECK(seen == SmallFiles::kThingsMax);
    const Status outcome = files.outcome("no such thing");
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == Errc::Limit);
    CHECK(outcome.error().text == "52 more than 2048 things of one kind are not looked at");
}
