#include "agent/uplink/shipper.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "agent/incidents/incident_proto.hpp"
#include "core/file.hpp"
#include "tests/agent/uplink/memory_spool_files.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"
#include "tests/support/scripted_fetcher.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

Result<HttpResponse> ok(const HttpRequest&) {
    return HttpResponse{.status = 200,
                        .content_type = "",
                        .retry_after = "",
                        .location = "",
                        .etag = "",
                        .body = ""};
}

Result<HttpResponse> refused(const HttpRequest&) {
    return make_error(Errc::Io, "connection refused");
}

ShipSettings all_settings(const std::string& json_path) {
    ShipSettings settings;
    settings.otlp.push_back({});
    settings.alertmanagers.push_back({});
    settings.alertmanagers[0].urls = {"http://am:9093"};
    settings.json_lines.push_back({.path = json_path});
    settings.first_send_spread = {};
    return settings;
}

ShipSettings one_pager() {
    ShipSettings settings;
    settings.webhooks.push_back({});
    settings.webhooks[0].name = "pager";
    settings.webhooks[0].kind = WebhookKind::PagerDuty;
    settings.first_send_spread = {};
    return settings;
}

// What PagerDuty was told, in order.
std::string events_of(const test::ScriptedFetcher& fetcher) {
    std::string out;
    for (const HttpRequest& request : fetcher.asked) {
        out += nlohmann::json::parse(request.body)["event_action"].get<std::string>() + " ";
    }
    return out;
}

void run_for(Shipper& shipper, test::ManualClock& clock, Duration patience) {
    const Instant end = clock.now() + patience;
    while (shipper.next_due() <= end) {
        if (clock.now() < shipper.next_due()) clock.advance(shipper.next_due() - clock.now());
        shipper.step(clock.now());
    }
    clock.advance(end - clock.now());
}

const DestinationStatus& status_of(const std::vector<DestinationStatus>& all,
                                   std::string_view name) {
    for (const DestinationStatus& status : all) {
        if (status.name == name) return status;
    }
    FAIL("no such destination");
    return all.front();
}

}  // namespace

TEST_CASE("shipper: an incident reaches every destination") {
    const test::TemporaryDirectory directory;
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    Shipper shipper(all_settings(directory / "out.jsonl"), spool, fetcher, 1, clock.now());
    shipper.accept(test::sample_incident(1), clock.now());
    CHECK(shipper.flush(clock.now()));
    CHECK(shipper.next_due() <= clock.now());
    shipper.step(clock.now());
    for (const DestinationStatus& status : shipper.status()) {
        CAPTURE(status.name);
        CHECK(status.sent == 1);
        CHECK(status.queued == 0);
        CHECK(status.state == DestinationState::Ok);
    }
    CHECK(fetcher.asked.size() == 2);
    CHECK(read_file(directory / "out.jsonl", 1U << 20U)->ends_with("}\n"));
    CHECK(shipper.next_due() - clock.now() <= seconds(60));
}

TEST_CASE("shipper: with the servers away incidents wait, and arrive when they are back") {
    const test::TemporaryDirectory directory;
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(refused);
    Spool spool({}, files, 1);
    Shipper shipper(all_settings(directory / "out.jsonl"), spool, fetcher, 1, clock.now());
    for (std::uint64_t i = 1; i <= 5; ++i) shipper.accept(test::sample_incident(i), clock.now());
    CHECK(shipper.flush(clock.now()));
    run_for(shipper, clock, minutes(30));
    auto status = shipper.status();
    CHECK(status_of(status, "otlp").queued == 5);
    CHECK(status_of(status, "otlp").state == DestinationState::Waiting);
    CHECK(status_of(status, "otlp").last_error == "connection refused");
    CHECK(status_of(status, "alertmanager").queued > 0);
    CHECK(status_of(status, "json_lines").sent == 5);
    fetcher.set_answer(ok);
    run_for(shipper, clock, minutes(6));
    status = shipper.status();
    CHECK(status_of(status, "otlp").sent == 5);
    CHECK(status_of(status, "otlp").queued == 0);
    CHECK(status_of(status, "alertmanager").queued == 0);
}

TEST_CASE("shipper: the same seed, times and answers give the same requests") {
    std::vector<std::vector<std::pair<std::int64_t, std::string>>> runs;
    for (int run = 0; run < 2; ++run) {
        test::MemorySpoolFiles files;
        test::ManualClock clock;
        std::vector<std::pair<std::int64_t, std::string>> requests;
        int count = 0;
        test::ScriptedFetcher fetcher([&](const HttpRequest& request) -> Result<HttpResponse> {
            requests.emplace_back(clock.now().monotonic_ns, request.url + request.body);
            return ++count % 3 == 0 ? ok(request) : refused(request);
        });
        Spool spool({}, files, 1);
        ShipSettings settings = all_settings("/dev/null");
        settings.first_send_spread = seconds(30);
        Shipper shipper(settings, spool, fetcher, 42, clock.now());
        for (std::uint64_t i = 1; i <= 20; ++i) {
            shipper.accept(test::sample_incident(i), clock.now());
            shipper.flush(clock.now());
            run_for(shipper, clock, minutes(3));
        }
        runs.push_back(requests);
    }
    CHECK(runs[0].size() > 20);
    CHECK((runs[0] == runs[1]));
}

TEST_CASE("shipper: a disk that refuses is shown, and everything is shipped all the same") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    files.fail_always();
    Spool spool({}, files, 1);
    Shipper shipper(all_settings("/dev/null"), spool, fetcher, 1, clock.now());
    shipper.accept(test::sample_incident(1), clock.now());
    CHECK_FALSE(shipper.flush(clock.now()));
    CHECK(shipper.spool_status().degraded);
    shipper.step(clock.now());
    CHECK(status_of(shipper.status(), "otlp").sent == 1);
    files.fail_always(false);
    run_for(shipper, clock, minutes(2));
    CHECK_FALSE(shipper.spool_status().degraded);
}

TEST_CASE("shipper: an incident that is open at start is told to Alertmanager again") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    Shipper shipper(all_settings("/dev/null"), spool, fetcher, 1, clock.now());
    shipper.restore(test::sample_incident(1), clock.now());
    shipper.step(clock.now());
    REQUIRE(fetcher.asked.size() == 1);
    CHECK(fetcher.asked[0].url == "http://am:9093/api/v2/alerts");
}

TEST_CASE("shipper: without destinations it only keeps the spool") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    Shipper shipper({}, spool, fetcher, 1, clock.now());
    shipper.accept(test::sample_incident(1), clock.now());
    CHECK(shipper.flush(clock.now()));
    shipper.step(clock.now());
    CHECK(shipper.next_due().monotonic_ns == INT64_MAX);
    CHECK(shipper.spool_status().records == 1);
}

TEST_CASE("shipper: what comes while a request is in flight is safe at once and sent next") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    ShipSettings settings = all_settings("/dev/null");
    settings.alertmanagers.clear();
    Shipper shipper(settings, spool, fetcher, 1, clock.now());
    bool safe = false;
    fetcher.set_answer([&](const HttpRequest& request) {
        if (fetcher.asked.size() == 1) {
            shipper.accept(test::sample_incident(2), clock.now());
            safe = shipper.flush(clock.now());
        }
        return ok(request);
    });
    shipper.accept(test::sample_incident(1), clock.now());
    shipper.flush(clock.now());
    run_for(shipper, clock, minutes(1));
    CHECK(safe);
    CHECK(status_of(shipper.status(), "otlp").sent == 2);
    CHECK(status_of(shipper.status(), "otlp").lost == 0);
}

TEST_CASE("shipper: what ended while the pager was away does not page after its end") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    Shipper shipper(one_pager(), spool, fetcher, 1, clock.now());
    const Incident update = test::sample_incident(1, 1);
    for (const Incident& record : {test::sample_incident(1), update, test::resolved(update)}) {
        shipper.accept(record, clock.now());
    }
    REQUIRE(shipper.flush(clock.now()));
    run_for(shipper, clock, minutes(5));
    CHECK(events_of(fetcher) == "trigger resolve ");
    const DestinationStatus pager = shipper.status()[0];
    CHECK(pager.sent == 2);
    CHECK(pager.overtaken == 1);
    CHECK(pager.queued == 0);
    CHECK(pager.lost + pager.dropped == 0);
}

TEST_CASE("shipper: an update of a former run pages only if its incident still lasts") {
    const Incident update = test::sample_incident(1, 1);
    struct Row {
        std::vector<Incident> known;  // to the local store, at the start
        const char* events;
    };
    for (const Row& row :
         {Row{{test::resolved(update)}, ""}, Row{{}, ""}, Row{{update}, "trigger "}}) {
        test::MemorySpoolFiles files;
        test::ManualClock clock;
        test::ScriptedFetcher fetcher(ok);
        Spool spool({}, files, 1);
        std::string bytes;
        encode_incident(update, bytes);
        spool.add(spool_class_of(update), bytes);
        REQUIRE(spool.commit(clock.now()));
        Shipper shipper(one_pager(), spool, fetcher, 1, clock.now());
        for (const Incident& incident : row.known) shipper.restore(incident, clock.now());
        run_for(shipper, clock, minutes(5));
        CHECK(events_of(fetcher) == row.events);
        CHECK(shipper.status()[0].queued == 0);
        CHECK(shipper.status()[0].overtaken == (*row.events == '\0' ? 1 : 0));
    }
}

TEST_CASE("shipper: OTLP gets every record, whatever is over") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    ShipSettings settings;
    settings.otlp.push_back({});
    settings.first_send_spread = {};
    Shipper shipper(settings, spool, fetcher, 1, clock.now());
    const Incident update = test::sample_incident(1, 1);
    for (const Incident& record : {test::sample_incident(1), update, test::resolved(update)}) {
        shipper.accept(record, clock.now());
    }
    REQUIRE(shipper.flush(clock.now()));
    run_for(shipper, clock, minutes(5));
    CHECK(shipper.status()[0].sent == 3);
    CHECK(shipper.status()[0].overtaken == 0);
}

TEST_CASE("shipper: a thread sleeps a minute when nothing is to do, and until a retry is due") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(refused);
    Spool spool({}, files, 1);
    Shipper shipper(one_pager(), spool, fetcher, 1, clock.now());
    shipper.step(clock.now());
    CHECK(shipper.pause(clock.now()) == Shipper::kPauseMost);
    shipper.accept(test::sample_incident(1), clock.now());
    CHECK(shipper.flush(clock.now()));
    CHECK(shipper.pause(clock.now()) == Shipper::kPauseLeast);
    for (int failure = 0; failure < 5; ++failure) {
        shipper.step(clock.now());
        const Duration pause = shipper.pause(clock.now());
        CHECK(pause == std::min(shipper.next_due() - clock.now(), Shipper::kPauseMost));
        CHECK(pause >= seconds(1));
        clock.advance(shipper.next_due() - clock.now());
    }
    CHECK(fetcher.asked.size() == 5);
    fetcher.set_answer(ok);
    shipper.step(clock.now());
    CHECK(shipper.pause(clock.now()) == Shipper::kPauseMost);
}

TEST_CASE("shipper: a disk that refuses is due again within the minute") {
    test::MemorySpoolFiles files;
    test::ManualClock clock;
    test::ScriptedFetcher fetcher(ok);
    Spool spool({}, files, 1);
    Shipper shipper(one_pager(), spool, fetcher, 1, clock.now());
    files.fail_always();
    shipper.accept(test::sample_incident(1), clock.now());
    CHECK_FALSE(shipper.flush(clock.now()));
    shipper.step(clock.now());
    CHECK(shipper.spool_status().degraded);
    CHECK(shipper.pause(clock.now()) <= Shipper::kPauseMost);
    clock.advance(shipper.pause(clock.now()));
    files.fail_always(false);
    shipper.step(clock.now());
    CHECK_FALSE(shipper.spool_status().degraded);
}
