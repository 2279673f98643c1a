#include "agent/uplink/alertmanager_destination.hpp"

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/agent/uplink/sample_incidents.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace homeostat;

namespace {

using Json = nlohmann::json;

struct Bench {
    explicit Bench(std::vector<std::string> urls = {"http://am1:9093"}, Duration spread = {}) {
        AlertmanagerSettings settings;
        settings.urls = std::move(urls);
        settings.labels = {{"cluster", "eu"}};
        AgentIdentity identity;
        identity.host_name = "web-17";
        identity.version = "0.1.0";
        destination = std::make_unique<AlertmanagerDestination>(settings, identity, fetcher, spread,
                                                                5, clock.now());
        fetcher.set_answer([this](const HttpRequest& request) -> Result<HttpResponse> {
            int answer = status;
            if (statuses.count(request.url) != 0) answer = statuses[request.url];
            if (judge) answer = judge(Json::parse(request.body));
            if (answer == 0) return make_error(Errc::Io, "connection refused");
            return HttpResponse{.status = answer,
                                .content_type = "",
                                .retry_after = retry_after,
                                .location = "",
                                .etag = "",
                                .body = "said the server"};
        });
    }

    void accept(const Incident& incident) { destination->accept(incident, clock.now()); }
    void step() { destination->step(clock.now()); }
    void run_for(Duration patience) {
        const Instant end = clock.now() + patience;
        while (destination->next_due() <= end) {
            if (clock.now() < destination->next_due()) {
                clock.advance(destination->next_due() - clock.now());
            }
            step();
        }
        clock.advance(end - clock.now());
        step();
    }
    [[nodiscard]] Json body(std::size_t i) const { return Json::parse(fetcher.asked.at(i).body); }
    [[nodiscard]] Json last() const { return body(fetcher.asked.size() - 1); }

    test::ManualClock clock;
    test::ScriptedFetcher fetcher;
    int status = 200;
    std::string retry_after;
    std::map<std::string, int> statuses;
    std::function<int(const Json&)> judge;
    std::unique_ptr<AlertmanagerDestination> destination;
};

}  // namespace

TEST_CASE("alertmanager: an open incident fires at every member, and again each minute") {
    Bench bench({"http://am1:9093", "http://am2:9093/alertmanager/"});
    bench.accept(test::sample_incident());
    bench.step();
    REQUIRE(bench.fetcher.asked.size() == 2);
    CHECK(bench.fetcher.asked[0].url == "http://am1:9093/api/v2/alerts");
    CHECK(bench.fetcher.asked[1].url == "http://am2:9093/alertmanager/api/v2/alerts");
    CHECK(bench.fetcher.asked[0].method == "POST");
    const Json alerts = bench.body(0);
    REQUIRE(alerts.size() == 1);
    CHECK(alerts[0]["labels"]["alertname"] == "HomeostatIncident");
    CHECK(alerts[0]["labels"]["cluster"] == "eu");
    CHECK(alerts[0]["startsAt"] == std::string(rfc3339(test::sample_incident().opened.unix_ns)));
    CHECK(alerts[0]["endsAt"] == std::string(rfc3339((bench.clock.now() + minutes(4)).unix_ns)));
    bench.run_for(minutes(10));
    CHECK(bench.fetcher.asked.size() == 2 * 11);
    CHECK(bench.last()[0]["endsAt"] ==
          std::string(rfc3339((bench.clock.now() + minutes(4)).unix_ns)));
    CHECK(bench.last()[0]["labels"] == alerts[0]["labels"]);
}

TEST_CASE("alertmanager: an alert that is told late starts then, so that it is grouped") {
    Bench bench;
    bench.clock.advance(hours(2));  // the network was down
    const auto told = std::string(rfc3339(bench.clock.now().unix_ns));
    bench.accept(test::sample_incident());
    bench.step();
    CHECK(bench.last()[0]["startsAt"] == told);
    CHECK(bench.last()[0]["annotations"]["since"] ==
          std::string(rfc3339(test::sample_incident().onset.unix_ns)));
    bench.run_for(minutes(5));
    CHECK(bench.last()[0]["startsAt"] == told);
}

TEST_CASE("alertmanager: with nothing to tell there is no request") {
    Bench bench;
    bench.run_for(hours(1));
    CHECK(bench.fetcher.asked.empty());
    Incident mild = test::sample_incident();
    mild.severity = mild.peak_severity = Severity::Info;
    bench.accept(mild);
    bench.run_for(hours(1));
    CHECK(bench.fetcher.asked.empty());
}

TEST_CASE("alertmanager: the end is told at once, with the same labels, and for 15 minutes") {
    Bench bench;
    bench.accept(test::sample_incident());
    bench.step();
    const Json labels = bench.last()[0]["labels"];
    bench.clock.advance(minutes(10));
    const Incident over = test::resolved(test::sample_incident());
    bench.accept(over);
    CHECK(bench.destination->next_due() <= bench.clock.now());
    bench.step();
    CHECK(bench.last()[0]["labels"] == labels);
    CHECK(bench.last()[0]["endsAt"] == std::string(rfc3339(over.ended.unix_ns)));
    CHECK(bench.last()[0]["annotations"]["action"].get<std::string>().find("effective") !=
          std::string::npos);
    const std::size_t before = bench.fetcher.asked.size();
    bench.run_for(minutes(14));
    CHECK(bench.fetcher.asked.size() == before + 14);
    bench.run_for(minutes(2));
    const std::size_t after = bench.fetcher.asked.size();
    bench.run_for(hours(1));
    CHECK(bench.fetcher.asked.size() == after);
    CHECK(bench.destination->next_due().monotonic_ns == INT64_MAX);
}

TEST_CASE("alertmanager: an end that nobody has heard of is told until somebody has") {
    Bench bench;
    bench.status = 0;
    bench.accept(test::sample_incident());
    bench.accept(test::resolved(test::sample_incident()));
    bench.run_for(hours(5));
    CHECK(bench.destination->status().state == DestinationState::Waiting);
    CHECK(bench.destination->status().queued == 1);
    bench.status = 200;
    bench.run_for(minutes(2));
    CHECK(bench.destination->status().queued == 0);
    CHECK(bench.destination->status().sent == 1);
    CHECK(bench.destination->status().state == DestinationState::Ok);
    CHECK(bench.destination->next_due().monotonic_ns == INT64_MAX);
}

TEST_CASE("alertmanager: escalation resolves the old label set and fires the new in one post") {
    Bench bench;
    bench.accept(test::sample_incident());
    bench.step();
    Incident worse = test::sample_incident(1, 1);
    worse.severity = worse.peak_severity = Severity::Critical;
    bench.clock.advance(minutes(2));
    bench.accept(worse);
    bench.step();
    const Json alerts = bench.last();
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0]["labels"]["severity"] == "warning");
    CHECK(alerts[0]["endsAt"] == std::string(rfc3339(bench.clock.now().unix_ns)));
    CHECK(alerts[1]["labels"]["severity"] == "critical");
    CHECK(alerts[1]["endsAt"] > alerts[0]["endsAt"]);

    // Back to the first severity: the alert that fires again is not resolved in the same breath.
    Incident better = test::sample_incident(1, 2);
    better.peak_severity = Severity::Critical;
    bench.accept(better);
    bench.step();
    for (const Json& alert : bench.last()) {
        const bool is_warning = alert["labels"]["severity"] == "warning";
        CHECK((alert["endsAt"] > std::string(rfc3339(bench.clock.now().unix_ns))) == is_warning);
    }
}

TEST_CASE("alertmanager: a later cause shows in the annotations and does not rename the alert") {
    Bench bench;
    Incident unknown = test::sample_incident();
    unknown.causes.clear();
    bench.accept(unknown);
    bench.step();
    bench.accept(test::sample_incident(1, 1));
    bench.run_for(minutes(2));
    REQUIRE(bench.last().size() == 1);
    CHECK_FALSE(bench.last()[0]["labels"].contains("homeostat_cause"));
    CHECK(bench.last()[0]["annotations"]["description"].get<std::string>().find("rsyslogd") !=
          std::string::npos);
}

TEST_CASE("alertmanager: two incidents with the same labels: one end does not end the other") {
    Bench bench;
    bench.accept(test::sample_incident(1));
    bench.step();
    bench.accept(test::resolved(test::sample_incident(1)));
    bench.accept(test::sample_incident(2));
    bench.run_for(minutes(3));
    REQUIRE(bench.last().size() == 1);
    CHECK(bench.last()[0]["endsAt"] > std::string(rfc3339(bench.clock.now().unix_ns)));
}

TEST_CASE("alertmanager: after a restart what is open fires on, what ended lately is told") {
    Bench bench;
    bench.clock.advance(minutes(20));
    bench.destination->restore(test::sample_incident(1), bench.clock.now());
    const Incident lately = test::resolved(test::sample_incident(2), minutes(15));
    const Incident long_ago = test::resolved(test::sample_incident(3), minutes(2));
    Incident other = lately;
    other.subject.name = "/other";
    Incident old = long_ago;
    old.subject.name = "/old";
    bench.destination->restore(other, bench.clock.now());
    bench.destination->restore(old, bench.clock.now());
    bench.step();
    REQUIRE(bench.fetcher.asked.size() == 1);
    CHECK(bench.last().size() == 2);
    CHECK(bench.last().dump().find("/old") == std::string::npos);
    for (const Json& alert : bench.last()) CHECK(alert["labels"]["severity"] == "warning");
}

TEST_CASE("alertmanager: nothing is sent before the first-send spread is over") {
    Bench bench({"http://am1:9093"}, seconds(30));
    bench.accept(test::sample_incident());
    CHECK(bench.destination->next_due() > bench.clock.now());
    bench.step();
    CHECK(bench.fetcher.asked.empty());
    bench.run_for(seconds(30));
    CHECK(bench.fetcher.asked.size() == 1);
}

TEST_CASE("alertmanager: one member that is down does not keep the others from hearing") {
    Bench bench({"http://am1:9093", "http://am2:9093"});
    bench.statuses["http://am1:9093/api/v2/alerts"] = 0;
    bench.accept(test::sample_incident());
    bench.step();
    CHECK(bench.destination->status().sent == 1);
    CHECK(bench.destination->status().queued == 0);
    bench.run_for(minutes(3));
    CHECK(bench.fetcher.asked.size() == 8);
}

TEST_CASE("alertmanager: the status table") {
    struct Row {
        int status;
        DestinationState state;
        Duration next;
    };
    for (const Row& row : {Row{200, DestinationState::Ok, seconds(60)},
                           Row{500, DestinationState::Waiting, seconds(60)},
                           Row{503, DestinationState::Waiting, seconds(60)},
                           Row{429, DestinationState::Waiting, seconds(60)},
                           Row{0, DestinationState::Waiting, seconds(60)},
                           Row{401, DestinationState::Holding, minutes(5)},
                           Row{403, DestinationState::Holding, minutes(5)},
                           Row{404, DestinationState::Holding, minutes(5)},
                           Row{415, DestinationState::Failing, seconds(60)}}) {
        CAPTURE(row.status);
        Bench bench;
        bench.status = row.status;
        bench.accept(test::sample_incident());
        bench.step();
        CHECK(bench.fetcher.asked.size() == 1);
        CHECK(bench.destination->status().state == row.state);
        CHECK(bench.destination->next_due() - bench.clock.now() == row.next);
    }
    Bench bench;
    bench.status = 429;
    bench.retry_after = "600";
    bench.accept(test::sample_incident());
    bench.step();
    CHECK(bench.destination->next_due() - bench.clock.now() == minutes(10));
}

TEST_CASE("alertmanager: one bad alert of a batch is found, dropped, and the rest stays") {
    for (const int refusal : {400, 422}) {
        Bench bench;
        bench.judge = [refusal](const Json& alerts) {
            return alerts.dump().find("/bad") == std::string::npos ? 200 : refusal;
        };
        for (std::uint64_t i = 1; i <= 3; ++i) {
            Incident incident = test::sample_incident(i);
            if (i == 2) incident.subject.name = "/bad";
            if (i == 3) incident.subject.name = "/good";
            bench.accept(incident);
        }
        bench.step();
        CHECK(bench.fetcher.asked.size() == 1 + 3);
        CHECK(bench.destination->status().dropped == 1);
        CHECK(bench.destination->status().sent == 2);
        CHECK(bench.destination->status().queued == 0);
        bench.run_for(minutes(1));
        CHECK(bench.fetcher.asked.size() == 5);
        CHECK(bench.last().size() == 2);
    }
}

TEST_CASE("alertmanager: posts hold at most 64 alerts, the table at most 256") {
    Bench bench;
    for (std::uint64_t i = 0; i < 300; ++i) {
        Incident incident = test::sample_incident(i);
        incident.subject.name.clear();
        format_into(incident.subject.name, "/mnt/{}", i);
        bench.accept(incident);
    }
    bench.step();
    CHECK(bench.fetcher.asked.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(bench.body(i).size() == 64);
    CHECK(bench.destination->status().dropped == 44);
}

TEST_CASE("alertmanager: what changes while a post is in flight is told with the next one") {
    Bench bench;
    constexpr std::uint64_t kOthers = 40;  // enough for the table to move in memory
    bench.accept(test::sample_incident(1));
    bench.judge = [&](const Json&) {
        if (bench.fetcher.asked.size() > 1) return 200;
        for (std::uint64_t i = 2; i < 2 + kOthers; ++i) {
            Incident other = test::sample_incident(i);
            other.subject.name.assign("/srv/" + std::to_string(i));
            bench.accept(other);
        }
        Incident over = test::sample_incident(1);
        over.state = IncidentState::Resolved;
        over.ended = bench.clock.now();
        bench.accept(over);
        return 200;
    };
    bench.step();
    REQUIRE(bench.fetcher.asked.size() == 1);
    CHECK(bench.destination->status().queued == kOthers + 1);
    bench.step();
    CHECK(bench.destination->status().queued == 0);
    CHECK(bench.body(1).size() == kOthers + 1);
}
