#include "agent/fleet/own_metrics.hpp"

#include <doctest/doctest.h>

#include "homeostat/otlp/v1/metrics.pb.h"
#include "tests/support/fragile_files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;
namespace pb = ::homeostat::otlp::v1;

namespace {

struct Rig {
    Rig() {
        status.ticks = 7;
        usage.resident_bytes = 1000;
        fetcher.set_answer([this](const HttpRequest&) -> Result<HttpResponse> {
            HttpResponse response;
            response.status = code;
            return response;
        });
        restart();
    }
    void restart() { metrics.emplace(identity, HttpTls{}, files); }
    void pass(int count) {
        for (int i = 0; i < count; ++i) {
            clock.advance(seconds(1));
            metrics->step(clock.now(), fetcher, status, usage);
        }
    }
    static OpampMetricsOffer to(const std::string& endpoint) {
        return {"h1", endpoint, {{"Authorization", "Bearer t"}}, false};
    }

    int code = 200;
    OpampIdentity identity{"0123456789abcdef", {{"service.name", "homeostat"}}, {}, 5};
    AgentStatus status;
    AgentHealth usage;
    test::FragileFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher;
    std::optional<OwnMetrics> metrics;
};

}  // namespace

TEST_CASE("opamp requirement 19: own metrics go to exactly the URL that was offered, each 10 s") {
    Rig rig;
    rig.pass(30);
    CHECK(rig.fetcher.asked.empty());
    CHECK(rig.metrics->take(Rig::to("https://m/otlp/v1/metrics")).empty());
    rig.pass(30);
    REQUIRE(rig.fetcher.asked.size() == 3);
    const HttpRequest& request = rig.fetcher.asked[0];
    CHECK(request.method == "POST");
    CHECK(request.url == "https://m/otlp/v1/metrics");
    CHECK(request.headers[0].value == "Bearer t");
    pb::ExportMetricsServiceRequest body;
    REQUIRE(body.ParseFromString(request.body));
    const auto& resource = body.resource_metrics(0);
    CHECK(resource.resource().attributes(0).key() == "service.name");
    bool cycles = false;
    bool memory = false;
    for (const pb::Metric& metric : resource.scope_metrics(0).metrics()) {
        if (metric.name() == "homeostat.cycles") {
            cycles = metric.sum().is_monotonic() && metric.sum().aggregation_temporality() == 2 &&
                     metric.sum().data_points(0).as_double() == 7 &&
                     metric.sum().data_points(0).start_time_unix_nano() == 5;
        }
        if (metric.name() == "process.memory.usage") {
            memory = metric.gauge().data_points(0).as_double() == 1000 && metric.unit() == "By";
        }
    }
    CHECK(cycles);
    CHECK(memory);
}

TEST_CASE("own_metrics: the offer outlives a restart, and an empty one ends it") {
    Rig rig;
    CHECK(rig.metrics->take(Rig::to("https://m/v1/metrics")).empty());
    rig.restart();
    CHECK(rig.metrics->is_on());
    CHECK(rig.metrics->hash() == "h1");
    CHECK(rig.metrics->take({"h2", "", {}, false}).empty());
    CHECK_FALSE(rig.metrics->is_on());
    rig.restart();
    CHECK_FALSE(rig.metrics->is_on());
}

TEST_CASE("own_metrics: what no server may ask for is refused, and what was taken stays") {
    Rig rig;
    CHECK(rig.metrics->take(Rig::to("https://m/v1/metrics")).empty());
    OpampMetricsOffer tls = Rig::to("https://x/");
    tls.brings_tls = true;
    OpampMetricsOffer header = Rig::to("https://x/");
    header.headers = {{"Host", "x"}};
    for (const OpampMetricsOffer& bad : {tls, header, Rig::to("file:///etc/shadow")}) {
        CHECK_FALSE(rig.metrics->take(bad).empty());
    }
    rig.pass(1);
    CHECK(rig.fetcher.asked.back().url == "https://m/v1/metrics");
}

TEST_CASE("own_metrics: a server that is away costs one message each time, and is told of") {
    Rig rig;
    CHECK(rig.metrics->take(Rig::to("https://m/v1/metrics")).empty());
    rig.code = 503;
    rig.pass(20);
    CHECK(rig.fetcher.asked.size() == 2);
    CHECK(rig.metrics->problem() == "the server answers 503");
    rig.code = 204;
    rig.pass(10);
    CHECK(rig.metrics->problem().empty());
}
