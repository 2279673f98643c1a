#include "agent/uplink/webhook_exporter.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/uplink/standard_webhook.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;

namespace {

constexpr const char* kSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

test::ScriptedFetcher::Answer always(int status) {
    return [status](const HttpRequest&) -> Result<HttpResponse> {
        HttpResponse response;
        response.status = status;
        return response;
    };
}

WebhookSettings settings_for(WebhookKind kind) {
    WebhookSettings settings;
    settings.kind = kind;
    settings.url = "https://hooks.example/SECRET";
    return settings;
}

std::string header_of(const HttpRequest& request, std::string_view name) {
    for (const HttpHeader& header : request.headers) {
        if (header.name == name) return header.value;
    }
    return "(absent)";
}

Outcome send_one(WebhookExporter& exporter, const Incident& incident, Instant now) {
    exporter.begin();
    REQUIRE(exporter.add(incident, {}, now));
    return exporter.send(now);
}

}  // namespace

TEST_CASE("webhook: a generic one is signed over its id, time and body") {
    test::ScriptedFetcher fetcher(always(204));
    WebhookSettings settings = settings_for(WebhookKind::Generic);
    settings.secret = kSecret;
    settings.secret_previous = "whsec_b2xk";
    WebhookExporter exporter(settings, {}, fetcher);
    test::ManualClock clock;
    REQUIRE(exporter.ready_at(clock.now()) <= clock.now());
    CHECK(send_one(exporter, test::sample_incident(), clock.now()).verdict == Verdict::Advance);
    clock.advance(minutes(3));
    send_one(exporter, test::sample_incident(), clock.now());
    REQUIRE(fetcher.asked.size() == 2);
    const HttpRequest& first = fetcher.asked[0];
    const HttpRequest& second = fetcher.asked[1];
    CHECK(header_of(first, "Content-Type") == "application/json");
    CHECK(header_of(first, "webhook-id") == header_of(second, "webhook-id"));
    CHECK(header_of(first, "webhook-timestamp") == "1795176000");
    CHECK(header_of(second, "webhook-timestamp") == "1795176180");
    const std::string id = header_of(first, "webhook-id");
    CHECK(header_of(first, "webhook-signature") ==
          sign_webhook(*decode_webhook_secret(kSecret), id, 1795176000, first.body) + " " +
              sign_webhook("old", id, 1795176000, first.body));
}

TEST_CASE("webhook: PagerDuty has its own address, and is not signed") {
    test::ScriptedFetcher fetcher(always(202));
    WebhookSettings settings = settings_for(WebhookKind::PagerDuty);
    settings.url.clear();
    settings.secret = std::string(32, 'k');
    WebhookExporter exporter(settings, {}, fetcher);
    CHECK(send_one(exporter, test::sample_incident(), test::sample_time()).verdict ==
          Verdict::Advance);
    CHECK(fetcher.asked[0].url == "https://events.pagerduty.com/v2/enqueue");
    CHECK(header_of(fetcher.asked[0], "webhook-signature") == "(absent)");
}

TEST_CASE("webhook: the status table") {
    struct Row {
        int status;
        Verdict verdict;
    };
    for (const Row& row :
         {Row{200, Verdict::Advance}, Row{202, Verdict::Advance}, Row{400, Verdict::Drop},
          Row{401, Verdict::Hold}, Row{404, Verdict::Hold}, Row{410, Verdict::Hold},
          Row{413, Verdict::Drop}, Row{429, Verdict::Retry}, Row{500, Verdict::Retry},
          Row{501, Verdict::Retry}, Row{503, Verdict::Retry}, Row{302, Verdict::Hold}}) {
        CAPTURE(row.status);
        CHECK(judge_webhook(*always(row.status)({}), WebhookKind::Generic, 0).verdict ==
              row.verdict);
    }
    CHECK(judge_webhook(make_error(Errc::Timeout, "late"), WebhookKind::Generic, 0).verdict ==
          Verdict::Retry);
}

TEST_CASE("webhook: PagerDuty that says 429 is left alone for a minute at least, others are not") {
    for (const WebhookKind kind :
         {WebhookKind::Generic, WebhookKind::PagerDuty, WebhookKind::Slack}) {
        const Duration least = judge_webhook(*always(429)({}), kind, 0).retry_least;
        CHECK(least == (kind == WebhookKind::PagerDuty ? minutes(1) : Duration{}));
        CHECK(judge_webhook(*always(503)({}), kind, 0).retry_least == Duration{});
    }
}

TEST_CASE("webhook: what is older than what was told, or over, is overtaken") {
    test::ScriptedFetcher fetcher(always(200));
    WebhookExporter exporter(settings_for(WebhookKind::Slack), {}, fetcher);
    const Instant now = test::sample_time();
    const Incident first = test::sample_incident(1, 0);
    const Incident update = test::sample_incident(1, 1);
    Incident given_up = test::sample_incident(1, 2);
    given_up.state = IncidentState::GivenUp;
    const Incident later = test::sample_incident(1, 3);
    const Incident over = test::resolved(later);
    exporter.hear(first);
    CHECK_FALSE(exporter.is_overtaken(update));
    exporter.begin();
    REQUIRE(exporter.add(given_up, {}, now));
    CHECK(exporter.is_overtaken(update));  // in one digest, too
    exporter.begin();
    CHECK_FALSE(exporter.is_overtaken(update));  // it was not sent
    send_one(exporter, given_up, now);
    exporter.begin();
    CHECK(exporter.is_overtaken(update));
    CHECK_FALSE(exporter.is_overtaken(later));
    exporter.hear(over);
    CHECK(exporter.is_overtaken(later));
    for (const Incident& turning_point : {first, given_up, over}) {
        CHECK_FALSE(exporter.is_overtaken(turning_point));
    }
    Incident back = test::sample_incident(1, over.seq + 1);  // so soon that it is the same one
    exporter.hear(back);
    CHECK_FALSE(exporter.is_overtaken(back));
    CHECK(exporter.is_overtaken(later));
}

TEST_CASE("webhook: 410 is the end until the config is loaded anew") {
    test::ScriptedFetcher fetcher(always(410));
    WebhookExporter exporter(settings_for(WebhookKind::Slack), {}, fetcher);
    CHECK(send_one(exporter, test::sample_incident(), test::sample_time()).verdict ==
          Verdict::Hold);
    CHECK(exporter.ready_at(test::sample_time(hours(10'000))).monotonic_ns == INT64_MAX);
}

TEST_CASE("webhook: a storm becomes a burst and then a digest a few times a minute") {
    test::ScriptedFetcher fetcher(always(200));
    WebhookExporter exporter(settings_for(WebhookKind::Slack), {}, fetcher);
    test::ManualClock clock;
    std::uint64_t waiting = 500;
    int singles = 0;
    int digests = 0;
    const Instant end = clock.now() + minutes(5);
    while (waiting > 0) {
        const Instant ready = exporter.ready_at(clock.now());
        if (ready > clock.now()) clock.advance(ready - clock.now());
        if (clock.now() > end) break;
        REQUIRE(exporter.ready_at(clock.now()) <= clock.now());
        exporter.begin();
        std::uint64_t taken = 0;
        while (taken < std::min<std::uint64_t>(waiting, exporter.records_max()) &&
               exporter.add(test::sample_incident(waiting - taken), {}, clock.now())) {
            ++taken;
        }
        exporter.send(clock.now());
        (taken == 1 ? singles : digests) += 1;
        waiting -= taken;
    }
    CHECK(waiting == 0);
    CHECK(singles == 19);
    CHECK(digests == 8);  // 481 records, 64 at most in each
    CHECK(end - clock.now() > minutes(4));
}

TEST_CASE("webhook: PagerDuty is paced instead, one event each") {
    test::ScriptedFetcher fetcher(always(202));
    WebhookExporter exporter(settings_for(WebhookKind::PagerDuty), {}, fetcher);
    test::ManualClock clock;
    const Instant start = clock.now();
    for (std::uint64_t i = 0; i < 40; ++i) {
        const Instant ready = exporter.ready_at(clock.now());
        if (ready > clock.now()) clock.advance(ready - clock.now());
        exporter.begin();
        REQUIRE(exporter.add(test::sample_incident(i), {}, clock.now()));
        CHECK_FALSE(exporter.add(test::sample_incident(i), {}, clock.now()));
        exporter.send(clock.now());
    }
    CHECK((clock.now() - start).seconds() == doctest::Approx(120).epsilon(0.01));
}
