#include "agent/metrics_text.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "core/parse.hpp"
#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;

namespace {

struct Bench {
    Bench() {
        facts.version = "1.2.3";
        facts.compiler = "GNU 12.2.0";
        facts.revision = "0123456789ab";
        facts.config_hash = "0123456789abcdef";
        facts.config_layer = "bundle";
        facts.configured_unix_ns = 1'795'176'009'000'000'000;
        facts.started_unix_ns = 1'795'176'000'500'000'000;
        status.ticks = 7;
        status.series = 321;
        status.overruns = 2;
        status.actions.know("clean rotated logs");
        ActionReport report;
        report.rule = "clean rotated logs";
        status.actions.note(report);
        report.reached = false;
        status.actions.note(report);
        (void)status.anomalies.push({"filesystem_space", 6});
        (void)status.anomalies.push({"notable", 40});
        status.actions.blocked[static_cast<std::size_t>(Guard::Storm)] = 3;
        (void)status.scrapes.push({"node", true, milliseconds(20), 700});
        (void)status.scrapes.push({"app", false, seconds(10), 0});
        status.opamp = {true, true, 9, 8, "applied"};
        CollectorLine good;
        good.name = "cpu";
        good.state = CollectorState::Ok;
        good.samples = 60;
        good.runs = 5;
        good.took = milliseconds(20);
        CollectorLine off;
        off.name = "sensors";
        off.state = CollectorState::Off;
        (void)status.collectors.push(good);
        (void)status.collectors.push(off);
        DestinationStatus otlp;
        otlp.name = "otlp";
        otlp.sent = 5;
        otlp.dropped = 1;
        otlp.lost = 2;
        otlp.codes = {{0, 3}, {5, 2}, {200, 5}};
        courier.destinations.push_back(otlp);
        courier.incidents.note(test::sample_incident(1));
    }
    [[nodiscard]] std::string text(bool openmetrics = false) const {
        return metrics_text({facts, status, courier, process}, openmetrics);
    }

    AgentFacts facts;
    AgentStatus status;
    CourierSnapshot courier;
    ProcessUsage process{.cpu_seconds = 1.5};
};

bool holds(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics_text: values under the names and labels that dashboards know") {
    const std::string text = Bench().text();
    for (const char* line :
         {"homeostat_build_info{version=\"1.2.3\",revision=\"0123456789ab\",compiler=\"GNU "
          "12.2.0\"} 1",
          "homeostat_ready 1",
          "homeostat_series 321",
          "homeostat_config_info{hash=\"0123456789abcdef\",layer=\"bundle\"} 1",
          "homeostat_config_last_reload_success_timestamp_seconds 1795176009",
          "homeostat_samples_total{collector=\"cpu\"} 60",
          "homeostat_actions_blocked_total{reason=\"storm\"} 3",
          "homeostat_actions_blocked_total{reason=\"no_allow_list\"} 0",
          "homeostat_scrape_up{target=\"node\"} 1",
          "homeostat_scrape_up{target=\"app\"} 0",
          "homeostat_scrape_duration_seconds{target=\"node\"} 0.02",
          "homeostat_scrape_samples{target=\"node\"} 700",
          "homeostat_opamp_connected 1",
          "homeostat_opamp_messages_total{direction=\"sent\"} 9",
          "homeostat_opamp_messages_total{direction=\"received\"} 8",
          "homeostat_opamp_remote_config_status{status=\"applied\"} 1",
          "homeostat_opamp_remote_config_status{status=\"failed\"} 0",
          "homeostat_config_last_reload_success 1",
          "homeostat_collect_duration_seconds_sum{collector=\"cpu\"} 0.02",
          "homeostat_collect_duration_seconds_count{collector=\"cpu\"} 5",
          "homeostat_cycle_overruns_total 2",
          "homeostat_actions_total{action=\"clean rotated logs\",result=\"denied\"} 1",
          "homeostat_actions_total{action=\"clean rotated logs\",result=\"unreached\"} 1",
          "homeostat_actions_total{action=\"clean rotated logs\",result=\"ok\"} 0",
          "homeostat_actions_total{action=\"clean rotated logs\",result=\"dry_run\"} 0",
          "homeostat_actions_total{action=\"clean rotated logs\",result=\"rolled_back\"} 0",
          "homeostat_anomalies_total{homeostat_signal=\"filesystem_space\"} 6",
          "homeostat_anomalies_total{homeostat_signal=\"notable\"} 40",
          "homeostat_start_time_seconds 1795176000.5",
          "homeostat_collector_up{collector=\"cpu\"} 1",
          "homeostat_export_records_total{exporter=\"otlp\",result=\"ok\"} 5",
          "homeostat_export_records_total{exporter=\"otlp\",result=\"dropped\"} 3",
          "homeostat_export_requests_total{exporter=\"otlp\",code=\"0\"} 3",
          "homeostat_export_requests_total{exporter=\"otlp\",code=\"5xx\"} 2",
          "homeostat_incident_active{homeostat_signal=\"filesystem_space\",severity=\"warning\"} 1",
          "homeostat_incidents_total{severity=\"warning\",cause=\"process\"} 1",
          "homeostat_incidents_total{severity=\"critical\",cause=\"unknown\"} 0",
          "homeostat_spool_dropped_total{reason=\"memory_full\"} 0",
          "process_cpu_seconds_total 1.5"}) {
        CAPTURE(std::string(line));
        CHECK(holds(text, line));
    }
    CHECK_FALSE(holds(text, "homeostat_collector_up{collector=\"sensors\"} 0"));
}

TEST_CASE("metrics_text: each family has HELP and TYPE once, and no sample twice") {
    const std::string text = Bench().text();
    std::map<std::string, int> types;
    std::set<std::string_view> samples;
    std::string_view rest = text;
    std::string_view line;
    std::string family;
    while (next_line(rest, line)) {
        if (line.starts_with("# TYPE ")) {
            std::string_view words = line.substr(7);
            family = next_word(words);
            ++types[family];
            CHECK((words.find("counter") != std::string_view::npos) == family.ends_with("_total"));
            continue;
        }
        if (line.starts_with("# HELP ")) continue;
        const std::string_view name = line.substr(0, line.find_first_of("{ "));
        const bool is_part =
            name.starts_with(family) && (name.ends_with("_sum") || name.ends_with("_count"));
        CHECK((name == family || is_part));
        CHECK(samples.insert(line.substr(0, line.rfind(' '))).second);
        CHECK(parse_double(line.substr(line.rfind(' ') + 1)));
    }
    for (const auto& [name, count] : types) {
        CAPTURE(name);
        CHECK(count == 1);
    }
    CHECK(types.size() > 30);
    CHECK(samples.size() < 500);
}

TEST_CASE("metrics_text: without an OpAMP server nothing is said of one") {
    Bench bench;
    bench.status.opamp = {};
    CHECK(bench.text().find("opamp") == std::string::npos);
}

TEST_CASE("metrics_text: OpenMetrics names a counter without _total, and ends in EOF") {
    const std::string text = Bench().text(true);
    CHECK(text.find("# TYPE homeostat_spool_dropped counter\n") != std::string::npos);
    CHECK(text.find("homeostat_spool_dropped_total{reason=\"damaged\"} 0\n") != std::string::npos);
    CHECK(text.ends_with("# EOF\n"));
    CHECK_FALSE(Bench().text().ends_with("# EOF\n"));
}

TEST_CASE("metrics_text: what comes from outside cannot break the format") {
    Bench bench;
    bench.facts.config_layer = "a\"b\\c\nd";
    CHECK(holds(bench.text(),
                "homeostat_config_info{hash=\"0123456789abcdef\",layer=\"a\\\"b\\\\c\\nd\"} 1"));
}

TEST_CASE("metrics_text: a node with everything on it stays below 500 series") {
    Bench bench;
    bench.status.collectors.clear();
    for (int i = 0; i < 50; ++i) {
        CollectorLine line;
        format_into(line.name, "collector_{}", i);
        line.state = CollectorState::Ok;
        (void)bench.status.collectors.push(line);
    }
    for (std::uint64_t n = 0; n < 12; ++n) {
        Incident incident = test::sample_incident(n);
        incident.kind.clear();
        format_into(incident.kind, "kind_{}", n);
        bench.courier.incidents.note(incident);
        (void)bench.status.anomalies.push({incident.kind, 1});
        if (n < 4) bench.status.actions.know(incident.kind);
    }
    bench.courier.destinations.assign(6, bench.courier.destinations[0]);
    std::size_t series = 0;
    std::string_view line;
    const std::string text = bench.text();
    std::string_view rest = text;
    while (next_line(rest, line)) series += line.starts_with('#') ? 0 : 1;
    CHECK(series < 500);
}
