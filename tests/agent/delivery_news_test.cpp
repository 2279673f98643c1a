#include "agent/delivery_news.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

struct Bench {
    Bench() {
        DestinationStatus otlp;
        otlp.name = "otlp";
        destinations.push_back(otlp);
    }
    // What is told after `wait`: "<level>text" and a newline for each line.
    std::string look(Duration wait = {}) {
        clock.advance(wait);
        std::string out;
        news.look(destinations, spool, store, clock.now(), [&](LogLevel level, auto text) {
            out += fmt::format("<{}>{}\n", static_cast<int>(level), text);
        });
        return out;
    }

    test::ManualClock clock;
    std::vector<DestinationStatus> destinations;
    SpoolStatus spool;
    StoreStatus store;
    DeliveryNews news;
};

}  // namespace

TEST_CASE("delivery_news: a destination's trouble and its end are told once each") {
    Bench bench;
    DestinationStatus& otlp = bench.destinations[0];
    CHECK(bench.look().empty());  // not tried yet: no news
    otlp.state = DestinationState::Waiting;
    otlp.last_error = "connection refused";
    CHECK(bench.look() == "<4>destination otlp: waiting: connection refused\n");
    CHECK(bench.look(minutes(10)).empty());
    otlp.state = DestinationState::Holding;
    otlp.last_error = "HTTP 401";
    CHECK(bench.look(minutes(1)) == "<4>destination otlp: holding: HTTP 401\n");
    otlp.state = DestinationState::Ok;
    otlp.last_error.clear();
    CHECK(bench.look(minutes(1)) == "<6>destination otlp: ok\n");
    CHECK(bench.look(minutes(10)).empty());
    otlp.last_error = "2 of 5 records refused: too old";  // taken, but not all of it
    CHECK(bench.look() == "<4>destination otlp: ok: 2 of 5 records refused: too old\n");
}

TEST_CASE("delivery_news: what changes each second is told less and less, and again when calm") {
    Bench bench;
    DestinationStatus& otlp = bench.destinations[0];
    std::string all;
    for (int second = 0; second < 24 * 3600; ++second) {
        otlp.state = second % 2 == 0 ? DestinationState::Failing : DestinationState::Ok;
        otlp.last_error = fmt::format("error {}", second);
        all += bench.look(seconds(1));
    }
    const auto lines = std::count(all.begin(), all.end(), '\n');
    CHECK(lines > 20);
    CHECK(lines < 32);
    otlp.state = DestinationState::Ok;
    otlp.last_error.clear();
    CHECK(bench.look(hours(1)) == "<6>destination otlp: ok\n");
    bench.look(hours(24));
    otlp.last_error = "once";
    CHECK_FALSE(bench.look().empty());
    otlp.last_error.clear();
    CHECK_FALSE(bench.look(minutes(1)).empty());
}

TEST_CASE("delivery_news: a disk that refuses, and one that is back") {
    Bench bench;
    bench.spool.degraded = true;
    bench.spool.last_error = "write: No space left on device";
    bench.store.last_error = "open: Read-only file system";
    CHECK(bench.look() ==
          "<4>spool: degraded, records are in memory only: write: No space left on device\n"
          "<4>store: failing: open: Read-only file system\n");
    bench.spool.degraded = false;
    bench.store.last_error.clear();
    CHECK(bench.look(seconds(59)).empty());
    CHECK(bench.look(seconds(1)) == "<6>spool: on the disk\n<6>store: incidents are saved\n");
}
