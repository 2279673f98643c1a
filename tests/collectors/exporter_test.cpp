#include "collectors/exporter.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "core/allocation_guard.hpp"
#include "tests/collectors/fixture_host.hpp"

using namespace homeostat;
using test::Watch;

namespace {

HttpResponse ok(std::string body, std::string type = "text/plain; version=0.0.4") {
    HttpResponse response;
    response.status = 200;
    response.content_type = std::move(type);
    response.body = std::move(body);
    return response;
}

ExporterSettings settings_of(std::string name = "node") {
    ExporterSettings settings;
    settings.name = std::move(name);
    settings.url = "http://127.0.0.1:9100/metrics";
    return settings;
}

struct Bench {
    explicit Bench(ExporterSettings settings = settings_of())
        : target(std::move(settings)), collector(target) {}

    Status scrape(const Result<HttpResponse>& answer) {
        return target.note(answer, watch.clock.now(), milliseconds(20), parser);
    }
    Status collect() { return watch.collect(collector, root); }
    std::optional<double> target_value(std::string_view metric, std::string_view subject) {
        return watch.value(metric, SubjectKind::Target, subject);
    }

    ExporterTarget target;
    ExporterCollector collector;
    ExpositionParser parser;
    Watch watch;
    test::MemoryRoot root;
};

}  // namespace

TEST_CASE("exporter: asks as Prometheus does") {
    auto settings = settings_of();
    settings.headers = {{"Authorization", "Bearer x"}};
    settings.timeout = seconds(7);
    Bench bench(settings);
    const HttpRequest& asked = bench.target.request();
    CHECK(asked.url == "http://127.0.0.1:9100/metrics");
    CHECK(asked.timeout == seconds(7));
    const auto header = [&](std::string_view name) -> std::string {
        for (const HttpHeader& h : asked.headers) {
            if (h.name == name) return h.value;
        }
        return "";
    };
    CHECK(header("Accept") ==
          "application/openmetrics-text;version=1.0.0;q=0.8,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    CHECK(header("Accept-Encoding") == "gzip");
    CHECK(header("X-Prometheus-Scrape-Timeout-Seconds") == "7");
    CHECK(header("Authorization") == "Bearer x");
}

TEST_CASE("exporter: a complete scrape is handed to the tick, once") {
    Bench bench;
    REQUIRE(
        bench.scrape(ok("# TYPE jobs_total counter\njobs_total{queue=\"a\"} 5\nup_bytes 3\n"
                        "dup 1\ndup 2\nnot_a_number NaN\n")));
    REQUIRE(bench.collect());
    CHECK(*bench.target_value("jobs_total", "node{queue=\"a\"}") == 5);
    CHECK(*bench.target_value("up_bytes", "node") == 3);
    CHECK(*bench.target_value("dup", "node") == 1);
    CHECK_FALSE(bench.target_value("not_a_number", "node"));
    CHECK(*bench.target_value("exporter_up", "node") == 1);
    CHECK(*bench.target_value("exporter_samples_count", "node") == 5);
    CHECK(bench.target.health().duplicates == 1);
    const auto jobs = bench.watch.table.find(
        "jobs_total", Subject{.kind = SubjectKind::Target, .name = "node{queue=\"a\"}"});
    CHECK(bench.watch.table.info(*jobs).kind == MetricKind::Counter);
    bench.watch.clock.advance(seconds(1));
    REQUIRE(bench.collect());
    CHECK_FALSE(bench.target_value("up_bytes", "node"));  // nothing new
    CHECK(*bench.target_value("exporter_up", "node") == 1);
}

TEST_CASE(
    "exporter: a failed scrape makes the source unknown, never zero, and keeps nothing of it") {
    struct Row {
        const char* what;
        Result<HttpResponse> answer;
    };
    HttpResponse wrong_status = ok("a 1\n");
    wrong_status.status = 503;
    const Row rows[] = {
        {"refused", make_error(Errc::Io, "connection refused")},
        {"status 503", wrong_status},
        {"half a body", ok("a 1\nb{ 2\n")},
        {"html", ok("<html><body>It works!</body></html>", "text/html")},
        {"cut OpenMetrics", ok("a 1\n", "application/openmetrics-text; version=1.0.0")},
        {"binary", ok(std::string("\0\1\2\xFF", 4))},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Bench bench;
        CHECK_FALSE(bench.scrape(row.answer));
        const auto status = bench.collect();
        REQUIRE_FALSE(status);
        CHECK(status.error().text.view().substr(0, 14) == "exporter node:");
        CHECK_FALSE(bench.target_value("a", "node"));
        CHECK(*bench.target_value("exporter_up", "node") == 0);
        CHECK_FALSE(bench.target_value("exporter_samples_count", "node"));
        CHECK(bench.target.health().failures == 1);
        REQUIRE(bench.scrape(ok("a 1\n")));  // and it recovers
        REQUIRE(bench.collect());
        CHECK(*bench.target_value("a", "node") == 1);
    }
}

TEST_CASE("exporter: a good scrape that a bad one follows is still handed over") {
    Bench bench;
    REQUIRE(bench.scrape(ok("a 1\n")));
    CHECK_FALSE(bench.scrape(make_error(Errc::Timeout, "no answer")));
    CHECK_FALSE(bench.collect());
    CHECK(*bench.target_value("a", "node") == 1);
}

TEST_CASE("exporter: silence for two intervals is an error, before that it is patience") {
    Bench bench;  // every 15 s, 10 s to answer
    CHECK(bench.collect());
    CHECK(bench.target.is_due(bench.watch.clock.now()));
    bench.watch.clock.advance(seconds(40));
    CHECK(bench.collect());
    bench.watch.clock.advance(seconds(1));
    CHECK_FALSE(bench.collect());
    REQUIRE(bench.scrape(ok("a 1\n")));
    CHECK(bench.collect());
    CHECK_FALSE(bench.target.is_due(bench.watch.clock.now()));
    bench.watch.clock.advance(seconds(15));
    CHECK(bench.target.is_due(bench.watch.clock.now()));
    bench.watch.clock.advance(seconds(26));
    CHECK(bench.collect().error().code == Errc::Timeout);
}

TEST_CASE("exporter: what we read natively and what the owner does not want is left out") {
    auto settings = settings_of();
    settings.wanted = [](std::string_view name, std::string_view labels) {
        return name != "go_threads" && labels.find("secret") == std::string_view::npos;
    };
    Bench bench(settings);
    REQUIRE(bench.scrape(ok("node_load1 1\ngo_threads 5\nb{k=\"secret\"} 1\nb{k=\"open\"} 2\n")));
    REQUIRE(bench.collect());
    CHECK_FALSE(bench.target_value("node_load1", "node"));
    CHECK_FALSE(bench.target_value("go_threads", "node"));
    CHECK_FALSE(bench.target_value("b", "node{k=\"secret\"}"));
    CHECK(*bench.target_value("b", "node{k=\"open\"}") == 2);

    auto all = settings_of();
    all.skip_native = false;
    Bench both(all);
    REQUIRE(both.scrape(ok("node_load1 1\n")));
    REQUIRE(both.collect());
    CHECK(*both.target_value("node_load1", "node") == 1);
}

TEST_CASE("exporter: a sample that says it is older than two intervals is dropped") {
    Bench bench;
    const std::int64_t now_ms = test::ManualClock::kStartUnixNs / 1'000'000;
    REQUIRE(bench.scrape(ok(fmt::format("old 1 {}\nyoung 1 {}\nahead 1 {}\n", now_ms - 30'001,
                                        now_ms - 29'999, now_ms + 5000))));
    REQUIRE(bench.collect());
    CHECK_FALSE(bench.target_value("old", "node"));
    CHECK(bench.target_value("young", "node"));
    CHECK(bench.target_value("ahead", "node"));
}

TEST_CASE("exporter: more series than the limit are counted, and the source says so") {
    auto settings = settings_of();
    settings.series_max = 3;
    Bench bench(settings);
    REQUIRE(bench.scrape(ok("a 1\nb 1\nc 1\nd 1\ne 1\n")));
    CHECK(bench.target.health().refused == 2);
    CHECK(bench.target.health().samples == 5);
    const auto collected = bench.collect();
    REQUIRE_FALSE(collected);
    CHECK(collected.error().code == Errc::Limit);
    CHECK(collected.error().text.view().find("2 series are beyond its share of 3") !=
          std::string_view::npos);
    CHECK(bench.target_value("c", "node"));
    CHECK_FALSE(bench.target_value("d", "node"));
}

TEST_CASE("exporter: two targets with the same series do not mix") {
    Bench one(settings_of("one"));
    ExporterTarget two(settings_of("two"));
    ExporterCollector second(two);
    REQUIRE(one.scrape(ok("a 1\n")));
    REQUIRE(two.note(ok("a 2\n"), one.watch.clock.now(), milliseconds(20), one.parser));
    REQUIRE(one.collect());
    REQUIRE(second.collect(one.root, one.watch.samples));
    CHECK(*one.target_value("a", "one") == 1);
    CHECK(*one.target_value("a", "two") == 2);
}

TEST_CASE("exporter: the tick may collect while the scraper works") {
    Bench bench;
    std::atomic<bool> stop = false;
    std::thread scraper([&] {
        while (!stop) (void)bench.scrape(ok("a 1\nb 1\n"));
    });
    int seen = 0;
    for (int i = 0; i < 10'000 && seen < 20; ++i) {
        if (!bench.collect()) continue;
        const bool a = bench.target_value("a", "node").has_value();
        CHECK(a == bench.target_value("b", "node").has_value());  // a whole scrape or none
        if (a) ++seen;
        std::this_thread::yield();
    }
    stop = true;
    scraper.join();
    CHECK(seen > 0);
}

TEST_CASE("exporter: collecting allocates nothing") {
    Bench bench;
    REQUIRE(bench.scrape(ok("a{x=\"y\"} 1\nb 1\n")));
    const AllocationGuard guard;
    REQUIRE(bench.collect());
    for (int i = 0; i < 100; ++i) (void)bench.collect();
    CHECK(guard.count() == 0);
}

TEST_CASE("exporter: beyond Prometheus' limits the whole scrape has failed") {
    const std::string body = "a{x=\"1\"} 1\na{x=\"2\"} 1\nnot_wanted{x=\"1\",y=\"2\"} 1\n";
    struct Row {
        ExporterLimits limits;
        std::string_view reason;  // empty: within the limits
    };
    for (const Row& row :
         {Row{{.samples = 2, .labels = 4}, ""},  // what relabelling drops does not count
          Row{{.samples = 1}, "exporter node: 2 samples, sample_limit is 1"},
          Row{{.labels = 3},
              "exporter node: 'a': 4 labels with job, instance and name, label_limit"},
          Row{{.label_value_bytes = 1}, ""}}) {
        auto settings = settings_of();
        settings.limits = row.limits;
        settings.wanted = [](std::string_view name, std::string_view) { return name == "a"; };
        Bench bench(settings);
        const Status scraped = bench.scrape(ok(body));
        CHECK(scraped.has_value() == row.reason.empty());
        if (!scraped) CHECK(scraped.error().text.view().starts_with(row.reason));
        (void)bench.collect();
        CHECK(bench.target_value("a", "node{x=\"1\"}").has_value() == row.reason.empty());
        CHECK(bench.scrape(ok("a 1\n")));  // a failure does not outlive its scrape
    }
}

TEST_CASE("exporter: labels that churn use up its own share of the slots, and it says so") {
    constexpr SeriesOwner kOwner = 1;
    constexpr std::size_t kShare = 100;
    auto settings = settings_of();
    settings.series_max = kShare;
    ExporterTarget target(settings);
    ExporterCollector collector(target, kOwner);
    ExpositionParser parser;
    Watch watch;
    watch.table.set_share(kOwner, kShare);
    const test::MemoryRoot root;
    std::string body;
    Status collected = Ok{};
    for (int scrape = 0; scrape < 50; ++scrape) {
        body.clear();
        for (int i = 0; i < 20; ++i) body += fmt::format("a{{pod=\"{}-{}\"}} 1\n", scrape, i);
        REQUIRE(target.note(ok(body), watch.clock.now(), milliseconds(20), parser));
        collected = watch.collect(collector, root);
        watch.clock.advance(seconds(15));
    }
    CHECK(watch.table.used(kOwner) == kShare);
    CHECK(watch.table.refused(kOwner) == 45 * 20);
    REQUIRE_FALSE(collected);
    CHECK(collected.error().code == Errc::Limit);
    CHECK(collected.error().text.view().find("20 series have no place, its share of 100") !=
          std::string_view::npos);
    // Everybody else has room, and so has it when the old ones are forgotten.
    CHECK(watch.table.size() < kShare + 10);
    watch.table.evict_older_than(seconds(60), watch.clock.now());
    REQUIRE(target.note(ok(body), watch.clock.now(), milliseconds(20), parser));
    CHECK(watch.collect(collector, root));
}

TEST_CASE("exporter: a name that is too long for a slot is counted, and the rest is known") {
    constexpr SeriesOwner kOwner = 1;
    auto settings = settings_of();
    settings.series_max = 100;
    ExporterTarget target(settings);
    ExporterCollector collector(target, kOwner);
    ExpositionParser parser;
    Watch watch;
    watch.table.set_share(kOwner, settings.series_max);
    const test::MemoryRoot root;
    const std::string body = "a{l=\"" + std::string(400, 'x') + "\"} 1\nb 1\n";
    REQUIRE(target.note(ok(body), watch.clock.now(), milliseconds(20), parser));
    CHECK(watch.collect(collector, root));
    CHECK(watch.table.used(kOwner) == 1);
    CHECK(watch.table.refused(kOwner) == 1);
}
