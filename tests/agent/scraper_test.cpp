#include "agent/scraper.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;

namespace {

std::vector<std::unique_ptr<ExporterTarget>> one_target() {
    ExporterSettings settings;
    settings.name = "node";
    settings.url = "http://127.0.0.1:9100/metrics";
    settings.interval = seconds(15);
    std::vector<std::unique_ptr<ExporterTarget>> targets;
    targets.push_back(std::make_unique<ExporterTarget>(settings));
    return targets;
}

}  // namespace

TEST_CASE("scraper: asks each target at its own pace, not at ours") {
    const auto targets = one_target();
    test::ManualClock clock;
    test::ScriptedFetcher fetcher([](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = 200;
        response.content_type = "text/plain; version=0.0.4";
        response.body = "app_requests_total 5\n";
        return response;
    });
    Scraper scraper(targets, fetcher, clock);
    for (int i = 0; i < 300; ++i) {
        scraper.step();
        clock.advance(milliseconds(200));
    }
    CHECK(fetcher.asked.size() == 4);
    CHECK(targets[0]->health().up);
}

TEST_CASE(
    "scraper: garbage, errors and silence make the source unknown, and nothing else happens") {
    for (int kind = 0; kind < 3; ++kind) {
        CAPTURE(kind);
        const auto targets = one_target();
        test::ManualClock clock;
        test::ScriptedFetcher fetcher([kind](const HttpRequest&) -> Result<HttpResponse> {
            if (kind == 0) return make_error(Errc::Timeout, "timeout");
            HttpResponse response;
            response.status = kind == 1 ? 500 : 200;
            response.body = "\xFF\xFE not { metrics";
            return response;
        });
        Scraper scraper(targets, fetcher, clock);
        scraper.step();
        CHECK_FALSE(targets[0]->health().up);
        CHECK(targets[0]->health().failures == 1);
        CHECK_FALSE(targets[0]->health().reason.empty());
    }
}
