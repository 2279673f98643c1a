#include "agent/uplink/alertmanager.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

namespace {

AgentIdentity identity() {
    AgentIdentity identity;
    identity.host_name = "web-17";
    return identity;
}

}  // namespace

TEST_CASE("alertmanager: labels name the alert, and nothing in them changes with its evidence") {
    AlertmanagerSettings settings;
    settings.labels = {{"cluster", "eu"}, {"severity", "mine"}, {"bad.name", "x"}, {"empty", ""}};
    const Incident incident = test::sample_incident();
    const AlertLabels labels = alert_labels(incident, Severity::Warning, settings, identity());
    CHECK(labels == AlertLabels{{"alertname", "HomeostatIncident"},
                                {"severity", "warning"},
                                {"instance", "web-17"},
                                {"homeostat_signal", "filesystem_space"},
                                {"homeostat_subject", "/srv/data"},
                                {"homeostat_cause", "process:rsyslogd"},
                                {"cluster", "eu"}});
    Incident later = test::sample_incident(1, 5);
    later.findings[0].value *= 2;
    CHECK(alert_labels(later, Severity::Warning, settings, identity()) == labels);
    later.causes.clear();
    CHECK(alert_labels(later, Severity::Warning, settings, identity()).count("homeostat_cause") ==
          0);
}

TEST_CASE("alertmanager: annotations explain it") {
    const AlertLabels annotations = alert_annotations(test::resolved(test::sample_incident()));
    CHECK(annotations.at("summary") == test::sample_incident().summary);
    CHECK(annotations.at("since") == rfc3339(test::sample_incident().onset.unix_ns));
    CHECK(annotations.at("incident_id") == test::sample_incident().id.text());
    CHECK(annotations.at("description") ==
          "Likeliest cause: rsyslogd (pid 2001) writes 1.2 MiB/s to /srv/data (86 %).");
    CHECK(annotations.at("evidence").find("filesystem_full") != std::string::npos);
    CHECK(annotations.at("action") ==
          "clean rotated logs: auto effective, removed 14 files, freed 31.0 MiB");
    Incident bare;
    CHECK(alert_annotations(bare).count("action") == 0);
    CHECK(alert_annotations(bare).at("description") == "The cause is not known.");
}

TEST_CASE("alertmanager: label names as every version takes them") {
    for (const char* name : {"a", "_x", "homeostat_signal", "A9"}) CHECK(is_label_name(name));
    for (const char* name : {"", "9a", "host.name", "a-b", "a b", "\xc3\xa4"}) {
        CHECK_FALSE(is_label_name(name));
    }
}

TEST_CASE("alertmanager: an alert is JSON with RFC 3339 times and text that is UTF-8") {
    Alert alert;
    Incident incident = test::sample_incident();
    incident.subject.name = "/mnt/\xff\"\n";
    alert.labels = alert_labels(incident, incident.severity, {}, identity());
    alert.annotations = alert_annotations(incident);
    alert.starts_unix_ns = test::ManualClock::kStartUnixNs;
    alert.ends_unix_ns = alert.starts_unix_ns + minutes(4).ns;
    const auto json = nlohmann::json::parse(alert_json(alert, "https://status.example/x"));
    CHECK(json["startsAt"] == "2026-11-20T12:00:00.000Z");
    CHECK(json["endsAt"] == "2026-11-20T12:04:00.000Z");
    CHECK(json["generatorURL"] == "https://status.example/x");
    CHECK(json["labels"]["homeostat_subject"] == "/mnt/\xEF\xBF\xBD\"\n");
    CHECK_FALSE(nlohmann::json::parse(alert_json(alert, "")).contains("generatorURL"));
}
