#include "agent/scraper.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_pool.hpp"

using namespace homeostat;

namespace {

constexpr Duration kPatience = milliseconds(200);

std::vector<std::unique_ptr<ExporterTarget>> targets_named(std::vector<std::string> names) {
    std::vector<std::unique_ptr<ExporterTarget>> targets;
    for (const std::string& name : names) {
        ExporterSettings settings;
        settings.name = name;
        settings.url = "http://" + name + "/metrics";
        settings.interval = seconds(15);
        targets.push_back(std::make_unique<ExporterTarget>(settings));
    }
    return targets;
}

Result<HttpResponse> one_metric(const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.content_type = "text/plain; version=0.0.4";
    response.body = "app_requests_total 5\n";
    return response;
}

}  // namespace

TEST_CASE("scraper: asks each target at its own pace, not at ours") {
    const auto targets = targets_named({"node"});
    test::ManualClock clock;
    test::ScriptedPool pool(one_metric);
    Scraper scraper(targets, pool, clock);
    for (int i = 0; i < 300; ++i) {
        CHECK_FALSE(scraper.step(kPatience));
        clock.advance(milliseconds(200));
    }
    CHECK(pool.asked.size() == 4);
    CHECK(targets[0]->health().up);
}

TEST_CASE(
    "scraper: garbage, errors and silence make the source unknown, and nothing else happens") {
    for (int kind = 0; kind < 3; ++kind) {
        CAPTURE(kind);
        const auto targets = targets_named({"node"});
        test::ManualClock clock;
        test::ScriptedPool pool([kind](const HttpRequest&) -> Result<HttpResponse> {
            if (kind == 0) return make_error(Errc::Timeout, "timeout");
            HttpResponse response;
            response.status = kind == 1 ? 500 : 200;
            response.body = "\xFF\xFE not { metrics";
            return response;
        });
        Scraper scraper(targets, pool, clock);
        scraper.step(kPatience);
        CHECK_FALSE(targets[0]->health().up);
        CHECK(targets[0]->health().failures == 1);
        CHECK_FALSE(targets[0]->health().reason.empty());
    }
}

TEST_CASE("scraper: an exporter that hangs delays no other, and is asked once at a time") {
    const auto targets = targets_named({"slow", "quick"});
    test::ManualClock clock;
    test::ScriptedPool pool([](const HttpRequest& request) -> Result<HttpResponse> {
        if (request.url == "http://slow/metrics") return make_error(Errc::NotAvailable, "hangs");
        return one_metric(request);
    });
    Scraper scraper(targets, pool, clock);
    for (int i = 0; i < 300; ++i) {
        CHECK(scraper.step(kPatience));  // one answer is outstanding all the time
        clock.advance(milliseconds(200));
    }
    CHECK(targets[0]->health().scrapes == 0);
    CHECK(targets[1]->health().scrapes == 4);
    CHECK(pool.asked.size() == 5);
}

TEST_CASE("scraper: where more hang than are asked at a time, each still gets its turn") {
    const auto targets = targets_named({"a", "b", "c", "d", "e"});
    test::ManualClock clock;
    test::ScriptedPool pool(one_metric, 2);
    Scraper scraper(targets, pool, clock);
    for (int i = 0; i < 3; ++i) scraper.step(kPatience);
    for (const auto& target : targets) CHECK(target->health().scrapes == 1);
}

TEST_CASE("scraper: without targets there is nothing to wait for") {
    const std::vector<std::unique_ptr<ExporterTarget>> none;
    test::ManualClock clock;
    test::ScriptedPool pool(one_metric);
    Scraper scraper(none, pool, clock);
    CHECK_FALSE(scraper.step(kPatience));
}

TEST_CASE("scraper: a server that is asked for the past and hangs delays no exporter") {
    const auto targets = targets_named({"node", "app"});
    test::ManualClock clock;
    test::ScriptedPool pool([&](const HttpRequest& request) -> Result<HttpResponse> {
        if (!request.url.starts_with("http://prometheus")) return one_metric(request);
        if (clock.now() < test::ManualClock().now() + seconds(10)) {
            return make_error(Errc::NotAvailable, "hangs");
        }
        return make_error(Errc::Timeout, "no answer in 10 s");
    });
    WarmStart warm(
        {.url = "http://prometheus:9090", .selector = "i=\"h\"", .headers = {}, .tls = {}});
    Scraper scraper(targets, pool, clock, &warm);
    CHECK(scraper.step(kPatience));  // the questions are out
    for (const auto& target : targets) CHECK(target->health().up);
    CHECK(pool.in_flight() == WarmStart::kInFlightMax);
    for (int i = 0; i < 100; ++i) {
        clock.advance(milliseconds(200));
        scraper.step(kPatience);
    }
    for (const auto& target : targets) CHECK(target->health().scrapes == 2);  // each 15 s
    CHECK(scraper.take_news().find("0 of 18") != std::string::npos);
}

TEST_CASE("scraper: exporters come before questions about the past") {
    const auto targets = targets_named({"a", "b"});
    test::ManualClock clock;
    test::ScriptedPool pool(one_metric, 2);
    WarmStart warm(
        {.url = "http://prometheus:9090", .selector = "i=\"h\"", .headers = {}, .tls = {}});
    Scraper scraper(targets, pool, clock, &warm);
    scraper.step(kPatience);
    REQUIRE(pool.asked.size() == 2);  // the pool was full
    CHECK(pool.asked[0].url == "http://a/metrics");
    CHECK(pool.asked[1].url == "http://b/metrics");
    scraper.step(kPatience);
    CHECK(pool.asked.size() == 4);
    CHECK(pool.asked[3].url.starts_with("http://prometheus:9090/api/v1/query_range?"));
}
