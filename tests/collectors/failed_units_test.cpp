#include "collectors/failed_units.hpp"

#include <doctest/doctest.h>

#include "core/allocation_guard.hpp"
#include "tests/collectors/bench_settings.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;

namespace {

struct Fixture {
    Fixture() { root.set("run/systemd/system/x", ""); }

    test::MemoryRoot root;
    FailedUnits failed;
    test::Watch watch;
    Workbench bench{settings()};
    FailedUnitsCollector collector{bench};

    WorkbenchSettings settings() {
        WorkbenchSettings settings;
        settings.failed_units = &failed;
        return settings;
    }
    Status collect() {
        bench.events().begin();
        return watch.collect(collector, root);
    }
    std::string told() {
        std::string out;
        for (const Event& event : bench.events().all()) {
            out += fmt::format("{} {}\n", name_of(event.kind), event.object);
        }
        return out;
    }
    void survey(std::string_view list) { failed.set_list(list, watch.clock.now()); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "failed_units: a unit that fails is told, again while it is, and its end") {
    survey("app.service loaded failed failed An app\nb.service loaded active running B\n");
    REQUIRE(collect());
    CHECK(told() == "unit_failed app.service\n");
    CHECK(*watch.value("units_failed_count") == 1);
    CHECK(*watch.value("unit_failed", SubjectKind::Unit, "app.service") == 1);
    REQUIRE(collect());
    CHECK(told().empty());
    watch.clock.advance(FailedUnitsCollector::kTellAgain);
    survey("app.service loaded failed failed An app\n");
    REQUIRE(collect());
    CHECK(told() == "unit_failed app.service\n");
    survey("");
    REQUIRE(collect());
    CHECK(told() == "unit_started app.service\n");
    CHECK(*watch.value("unit_failed", SubjectKind::Unit, "app.service") == 0);
    survey("app.service loaded failed failed An app\n");
    REQUIRE(collect());
    CHECK(told() == "unit_failed app.service\n");
}

TEST_CASE_FIXTURE(Fixture, "failed_units: a long name stays whole, as other series have it") {
    const std::string unit =
        "systemd-fsck@dev-disk-by\\x2duuid-6f3b7e1c\\x2d0e4a\\x2d4b1e\\x2d9a55"
        "\\x2d1b2c3d4e5f60.service";
    REQUIRE(unit.size() > 79);
    survey(unit + " loaded failed failed File System Check\n");
    REQUIRE(collect());
    CHECK(*watch.value("unit_failed", SubjectKind::Unit, unit) == 1);
}

TEST_CASE_FIXTURE(Fixture, "failed_units: no answer is unknown, never well") {
    REQUIRE(collect());
    CHECK_FALSE(watch.value("units_failed_count"));
    failed.set_trouble("systemctl: exit 1", watch.clock.now());
    CHECK(collect().error().code == Errc::Failed);
    survey("");
    REQUIRE(collect());
    CHECK(*watch.value("units_failed_count") == 0);
    failed.set_trouble("systemctl: timed out", watch.clock.now());
    watch.clock.advance(FailedUnitsCollector::kStaleAfter + seconds(1));
    const auto late = collect();
    CHECK(late.error().code == Errc::Timeout);
    CHECK(late.error().text.view().find("timed out") != std::string_view::npos);
    CHECK(watch.collect(collector, test::MemoryRoot{}).error().code == Errc::NotAvailable);
    test::Watch alone;
    FailedUnitsCollector nobody(alone.bench);
    CHECK(alone.collect(nobody, root).error().code == Errc::NotAvailable);
}

TEST_CASE_FIXTURE(Fixture, "failed_units: more than fits are counted, and the table is reused") {
    for (int round = 0; round < 3; ++round) {
        std::string list;
        for (int i = 0; i < 100; ++i) {
            list += fmt::format("u{}-{}.service loaded failed failed x\n", round, i);
        }
        survey(list);
        REQUIRE(collect());
        CHECK(*watch.value("units_failed_count") == 100);
        survey("");
        const AllocationGuard guard;
        const bool good = collect().has_value();
        CHECK(guard.count() == 0);
        CHECK(good);
    }
    survey("new.service loaded failed failed x\n");
    REQUIRE(collect());
    CHECK(told() == "unit_failed new.service\n");
}

TEST_CASE_FIXTURE(Fixture, "failed_units: how long a unit has been starting or stopping") {
    constexpr std::string_view kList =
        "slow.service loaded activating start Slow\n"
        "old.service loaded deactivating stop-sigterm Old\n"
        "loops.service loaded activating auto-restart Loops\n";
    survey(kList);
    REQUIRE(collect());
    CHECK(*watch.value("unit_starting_seconds", SubjectKind::Unit, "slow.service") == 0);
    watch.clock.advance(seconds(90));
    survey(kList);
    REQUIRE(collect());
    CHECK(*watch.value("unit_starting_seconds", SubjectKind::Unit, "slow.service") == 90);
    CHECK(*watch.value("unit_stopping_seconds", SubjectKind::Unit, "old.service") == 90);
    CHECK_FALSE(watch.value("unit_starting_seconds", SubjectKind::Unit, "loops.service"));
    CHECK(*watch.value("units_failed_count") == 0);
    // Done: told once as 0. The other one now stops: its clock begins anew.
    survey("slow.service loaded deactivating stop Slow\n");
    REQUIRE(collect());
    CHECK(*watch.value("unit_starting_seconds", SubjectKind::Unit, "slow.service") == 0);
    CHECK(*watch.value("unit_stopping_seconds", SubjectKind::Unit, "slow.service") == 0);
    CHECK(*watch.value("unit_stopping_seconds", SubjectKind::Unit, "old.service") == 0);
    watch.clock.advance(seconds(30));
    survey("");
    REQUIRE(collect());
    survey("");
    REQUIRE(collect());
    CHECK_FALSE(watch.value("unit_stopping_seconds", SubjectKind::Unit, "old.service"));
}
