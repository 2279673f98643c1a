#include "agent/fleet/fleet_summary.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "actions/minisign.hpp"
#include "tests/support/bundle_shape.hpp"
#include "tests/support/signer.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

constexpr std::int64_t kStart = test::ManualClock::kStartUnixNs;

struct Rig {
    Rig() {
        bundle = *parse_bundle("b", text_of(test::BundleShape{.version = 7}));
        record.channel = "prod";
        record.good = {7, std::string(bundle.digest.view())};
        record.add_event(
            {kStart, record.good, "waiting", with_source("https://f/web.yml", "its turn is now")});
        record.add_event({kStart + minutes(1).ns, record.good, "trial", "prod 7 is in force"});
        record.add_event({kStart + minutes(11).ns, record.good, "kept", "well"});
    }
    [[nodiscard]] FleetSummary at(std::int64_t unix_ns) const {
        return summarise(record, &bundle, "machine", unix_ns);
    }
    Bundle bundle;
    RolloutRecord record;
};

}  // namespace

TEST_CASE("fleet_summary: version, source, since when, ring, and what happened last") {
    Rig rig;
    CHECK(to_line(rig.at(kStart + hours(1).ns)) ==
          "prod 7 kept since 2026-11-20T12:01:00Z from https://f/web.yml, canary; last: 7 kept");
    rig.record.add_event({kStart, {8, std::string(64, 'b')}, "refused", "bundle prod 8:3:1: what"});
    const FleetSummary summary = rig.at(kStart + hours(1).ns);
    CHECK(to_line(summary).ends_with("; last: 8 refused: bundle prod 8:3:1: what"));
    const auto json = to_json(summary);
    CHECK(json["state"] == "kept");
    CHECK(json["since"] == "2026-11-20T12:01:00Z");
    CHECK(json["last"]["what"] == "refused");
    CHECK(json["ring_delay_seconds"] == 0.0);
}

TEST_CASE("fleet_summary: past its end a bundle is stale, and that is said") {
    const Rig rig;
    const FleetSummary summary = rig.at(kStart + 31 * test::kDayNs);
    CHECK(summary.state == "stale");
    CHECK(to_line(summary).find("prod 7 stale since") == 0);
    CHECK(to_line(summary).find("it ended 2026-12-20T12:00:00Z: actions are only observed") !=
          std::string::npos);
}

TEST_CASE("fleet_summary: on probation, waiting, and nothing at all") {
    Rig rig;
    rig.record.trial = rig.record.good;
    rig.record.waiting = {9, std::string(64, 'c')};
    CHECK(to_line(rig.at(kStart)).find("prod 7 on probation since") == 0);
    CHECK(to_line(rig.at(kStart)).find("; 9 waits") != std::string::npos);
    RolloutRecord none;
    none.channel = "prod";
    CHECK(to_line(summarise(none, nullptr, "m", kStart)) == "prod: no bundle");
}

TEST_CASE("fleet_summary: of a state directory, also when the bundle is gone") {
    const test::TemporaryDirectory state;
    CHECK_FALSE(read_fleet_summary(state.path(), "m", kStart));
    const Rig rig;
    state.write("fleet/record", to_text(rig.record));
    const auto without = read_fleet_summary(state.path(), "m", kStart);
    REQUIRE(without);
    CHECK(without->state == "kept");
    CHECK_FALSE(without->ring);
    state.write("fleet/" + rig.record.good.file(),
                test::Signer(1).sealed(text_of(test::BundleShape{.version = 7})));
    CHECK(read_fleet_summary(state.path(), "m", kStart)->ring == Duration{});
    state.write("fleet/record", "damaged");
    CHECK_FALSE(read_fleet_summary(state.path(), "m", kStart));
}

TEST_CASE("fleet_summary: a source is read off the text of an event, or not there") {
    CHECK(source_of(with_source("/etc/x.yml", "its turn; is now")) == "/etc/x.yml");
    CHECK(source_of(with_source("", "its turn is now")).empty());
    CHECK(source_of("from").empty());
}
