#include "agent/config/load_conditions.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

namespace {

struct Loaded {
    Config config;
    std::vector<Error> errors;
    ConditionsLoader loader{config};

    void read(const char* text, const char* file = "homeostat.yml") {
        const auto node = parse_yaml(text, file);
        if (!node) FAIL(node.error().text.view());
        loader.read(*node, ConfigContext{file, errors});
    }
    [[nodiscard]] const Condition* find(std::string_view name) const {
        for (const Condition& condition : config.detect.conditions) {
            if (condition.name == name) return &condition;
        }
        return nullptr;
    }
};

}  // namespace

TEST_CASE("conditions: limits in a unit, a witness less, and one switched off") {
    Loaded loaded;
    loaded.read(R"(
filesystem_full: {limits: {warning: '85 %'}, confirm: 1m}
memory_low: {witness: none}
swap_full: {enabled: false}
)");
    CHECK(loaded.errors.empty());
    const Condition& full = *loaded.find("filesystem_full");
    CHECK(full.steps[0].limit == doctest::Approx(0.85));
    CHECK(full.steps[0].room_max == 0);
    CHECK(full.steps[2].limit == doctest::Approx(0.98));
    CHECK(full.confirm == minutes(1));
    CHECK(loaded.find("memory_low")->witness.metric.empty());
    CHECK(loaded.find("swap_full") == nullptr);
}

TEST_CASE("conditions: a limit of my own pushes out the stock ones that no longer fit") {
    Loaded loaded;
    loaded.read("{filesystem_full: {limits: {critical: 0.9}}, memory_low: {limits: {error: 0.2}}}");
    CHECK(loaded.errors.empty());
    const Condition& full = *loaded.find("filesystem_full");
    REQUIRE(full.steps.size() == 1);
    CHECK(full.steps[0].severity == Severity::Critical);
    CHECK(full.room_metric.empty());
    const Condition& low = *loaded.find("memory_low");
    REQUIRE(low.steps.size() == 2);
    CHECK(low.steps[0].severity == Severity::Error);
    CHECK(low.steps[1].limit == doctest::Approx(0.02));
}

TEST_CASE("conditions: one of my own, by a metric and by an event") {
    Loaded loaded;
    loaded.read(R"(
queue_long:
  metric: myapp_queue_length
  scraped: true
  limits: {warning: 1000, error: 5000}
  opens: queue_backlog
  confirm: 30s
  times_usual: 3
  witness: {metric: pressure_cpu_some_seconds, at_least: 0.1}
  advice: see the consumer
ssh_break_in:
  event: login
  with: root
  times: 3
  within: 5m
  opens: root_login
)");
    for (const Error& error : loaded.errors) FAIL_CHECK(error.text.view());
    const Condition& queue = *loaded.find("queue_long");
    CHECK(queue.metric == "myapp_queue_length");
    CHECK(queue.steps.size() == 2);
    CHECK(queue.steps[1].severity == Severity::Error);
    CHECK(queue.incident == "queue_backlog");
    CHECK(queue.advice == "see the consumer");
    CHECK(queue.times_usual == 3);
    const Condition& login = *loaded.find("ssh_break_in");
    CHECK(login.event == EventKind::Login);
    CHECK(login.event_times == 3);
    CHECK(login.event_within == minutes(5));
    const Config copy = loaded.config;  // its texts live on in a copy
    CHECK(copy.detect.conditions.back().event_text == "root");
}

TEST_CASE("conditions: what cannot be right is refused with its place and a suggestion") {
    struct Row {
        const char* text;
        const char* message;
    };
    for (const Row& row : {
             Row{"filesystem_ful: {confirm: 1s}", "did you mean 'filesystem_full'?"},
             Row{"x: {metric: memory_availble_ratio, limits: {warning: 0.1}}",
                 "did you mean 'memory_available_ratio'?"},
             Row{"x: {event: oom_kil}", "did you mean 'oom_kill'?"},
             Row{"x: {metric: memory_total_bytes, limits: {warning: 5 s}}",
                 "the limit is in seconds, 'memory_total_bytes' is in bytes"},
             Row{"filesystem_full: {limits: {warning: 85}}", "is never reached (write '85 %'?)"},
             Row{"filesystem_read_only: {limits: {critical: 2}}", "is 0 or 1, never 2"},
             Row{"x: {metric: memory_total_bytes, limits: {warning: 50 %}}", "no share of a whole"},
             Row{"x: {metric: forks_count, limits: {warning: 0}}", "this always holds"},
             Row{"filesystem_full: {limits: {warning: 0.9, error: 0.8}}",
                 "is no worse than warning"},
             Row{"memory_low: {limits: {warning: 0.1, error: 0.5}}", "is no worse than warning"},
             Row{"x: {metric: load1}", "has no limits"},
             Row{"x: {metric: load1, limits: {warning: lots}}", "expected a number"},
             Row{"x: {metric: load1, event: login, limits: {warning: 1}}", "not both"},
             Row{"x: {event: login, times: 3}", "'times' needs 'within'"},
             Row{"memory_low: {witness: {at_least: 1}}", "expected 'none'"},
             Row{"memory_low: {witness: {metric: pressure_memory_sum}}", "no collector tells"},
             Row{"memory_low: {limit: {warning: 1}}", "did you mean 'limits'?"},
             Row{"[a, b]", "expected names of conditions"},
             Row{"memory_low: 5", "expected keys and values"},
         }) {
        CAPTURE(row.text);
        Loaded loaded;
        loaded.read(row.text);
        REQUIRE_FALSE(loaded.errors.empty());
        const std::string text(loaded.errors[0].text.view());
        CAPTURE(text);
        CHECK(text.starts_with("homeostat.yml:1:"));
        CHECK(text.find(row.message) != std::string::npos);
    }
}

TEST_CASE("conditions: a name in two files is an error that names both") {
    Loaded loaded;
    loaded.read("memory_low: {confirm: 1m}");
    loaded.read("swap_full: {confirm: 1m}\nmemory_low: {confirm: 2m}", "catalogue.d/a.yml");
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].text ==
          "catalogue.d/a.yml:2:1: condition 'memory_low' is here twice: first at homeostat.yml:1");
}
