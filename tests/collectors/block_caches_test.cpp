#include "collectors/block_caches.hpp"

#include <doctest/doctest.h>

#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

TEST_CASE("block_caches: zram and bcache") {
    Watch watch;
    BlockCachesCollector caches(watch.bench);
    REQUIRE(watch.collect(caches, test::load_host("storage-5.15")));
    CHECK(*watch.value("zram_used_ratio", SubjectKind::Device, "zram0") == doctest::Approx(0.55));
    CHECK(*watch.value("zram_memory_bytes", SubjectKind::Device, "zram0") == 424'000'000);
    const char* uuid = "9a0b1c2d-0000-4000-8000-000000000003";
    CHECK(*watch.value("bcache_available_ratio", SubjectKind::Device, uuid) ==
          doctest::Approx(0.38));
    CHECK(*watch.value("bcache_read_races_count", SubjectKind::Device, uuid) == 2);
}

TEST_CASE("block_caches: a zram that tells too little is unknown") {
    Watch watch;
    BlockCachesCollector caches(watch.bench);
    test::MemoryRoot root;
    for (const std::string& text : test::hostile_texts()) {
        root.set("sys/block/zram0/mm_stat", text);
        CHECK(watch.collect(caches, root).error().code == Errc::NotAvailable);
    }
    root.set("sys/block/zram0/mm_stat", "1000 400 500 0 500 1 0\n");
    REQUIRE(watch.collect(caches, root));  // without a size there is no share
    CHECK_FALSE(watch.value("zram_used_ratio", SubjectKind::Device, "zram0"));
}
