#include "agent/metrics_pages.hpp"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

namespace {

MetricsRequest request_for(const char* path) {
    MetricsRequest request;
    request.method = MetricsRequest::Method::Get;
    request.path = path;
    return request;
}

}  // namespace

TEST_CASE("metrics_pages: ready after the first cycle, healthy while cycles come") {
    test::ManualClock clock;
    MetricsPages pages({}, clock);
    CHECK(pages.answer(request_for("/readyz")).status == 503);
    CHECK(pages.answer(request_for("/healthz")).status == 200);  // it has just been started

    AgentStatus status;
    status.ticks = 1;
    status.at = clock.now();
    pages.set(status);
    CHECK(pages.answer(request_for("/readyz")).status == 200);
    clock.advance(MetricsPages::kSilenceMax);
    CHECK(pages.answer(request_for("/healthz")).status == 200);
    clock.advance(seconds(1));
    const MetricsAnswer silent = pages.answer(request_for("/healthz"));
    CHECK(silent.status == 503);
    CHECK(silent.body == "no cycle for 31 s\n");
    status.at = clock.now();
    pages.set(status);
    CHECK(pages.answer(request_for("/healthz")).status == 200);
}

TEST_CASE("metrics_pages: metrics in the format that is asked for; anything else is not found") {
    test::ManualClock clock;
    MetricsPages pages({}, clock);
    CourierSnapshot snapshot;
    snapshot.spool.degraded = true;
    pages.set(snapshot);
    const MetricsAnswer plain = pages.answer(request_for("/metrics"));
    CHECK(plain.status == 200);
    CHECK(plain.content_type == kPrometheusType);
    CHECK(plain.body.find("homeostat_spool_degraded 1\n") != std::string::npos);
    MetricsRequest request = request_for("/metrics");
    request.openmetrics = true;
    CHECK(pages.answer(request).content_type == kOpenMetricsType);
    for (const char* path : {"/", "/metrics/", "/metricsx", "/../etc/passwd"}) {
        CAPTURE(path);
        CHECK(pages.answer(request_for(path)).status == 404);
    }
}
