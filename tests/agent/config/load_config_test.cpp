#include "agent/config/load_config.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

Result<std::string> no_secrets(const std::string& path) {
    return make_error(Errc::NotFound, "open {}: No such file or directory", path);
}

Result<Config> parse(std::string_view text, std::vector<Error>& errors) {
    const auto read_secret = [](const std::string& path, SecretKind) { return no_secrets(path); };
    return parse_config("homeostat.yml", text, read_secret, errors);
}

}  // namespace

TEST_CASE("load_config: nothing has to be configured") {
    const test::TemporaryDirectory directory;
    std::vector<Error> errors;
    const auto config = load_config(directory.path(), errors);
    REQUIRE(config);
    CHECK(errors.empty());
    CHECK(config->tick.ns == seconds(1).ns);
    CHECK(config->ship.otlp.empty());
    CHECK_FALSE(config->metrics.enabled);
    CHECK(config->detect.conditions.size() == stock_conditions().size());
}

TEST_CASE("load_config: a path to watch or to follow is absolute and goes straight down") {
    for (const std::string_view text :
         {"changes: {paths: [etc]}", "changes: {paths: [/etc/../root]}", "logs: {files: [a.log]}",
          "logs: {file: [/a.log]}"}) {
        CAPTURE(text);
        std::vector<Error> errors;
        CHECK_FALSE(parse(text, errors));
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].text.view().starts_with("homeostat.yml:1:"));
    }
}

TEST_CASE("load_config: a fault is blamed on the file, and in lists on the item, that brought it") {
    struct Row {
        const char* below;
        const char* above;  // homeostat.d/10-a.yml
        const char* expected;
    };
    for (const Row& row :
         {Row{"", "collectors:\n  disable: [netdev, nosuch]\n",
              "10-a.yml:2:21: disable: there is no collector 'nosuch'"},
          Row{"logs: {files: [/a]}\n", "\nlogs: {files: [/b, c]}\n",
              "10-a.yml:2:20: files: expected an absolute path"},
          Row{"changes: {paths: [/a]}\n", "changes: {paths: [/b,\n  /../c]}\n",
              "10-a.yml:2:3: paths: expected an absolute path"},
          Row{"changes: {paths: [c]}\n", "changes: {}\n",
              "homeostat.yml:1:19: paths: expected an absolute path"},
          Row{"exporters: {otlp: {endpoint: 'https://o:4318'}}\n",
              "exporters:\n  otlp:\n    headers: {'a b': c}\n", "10-a.yml:3:5: otlp: a header has"},
          Row{"exporters: {otlp: {endpoint: 'https://o:4318'}}\n",
              "exporters:\n  otlp:\n    header_files: {a: /nonexist}\n",
              "10-a.yml:3:23: header_files: a: "}}) {
        CAPTURE(row.above);
        const test::TemporaryDirectory directory;
        directory.write("homeostat.yml", row.below);
        directory.write("homeostat.d/10-a.yml", row.above);
        std::vector<Error> errors;
        CHECK_FALSE(load_config(directory.path(), errors));
        REQUIRE(errors.size() == 1);
        CAPTURE(errors[0].text.view());
        CHECK(errors[0].text.view().find(row.expected) != std::string_view::npos);
    }
}

TEST_CASE("load_config: reads all of its parts") {
    std::vector<Error> errors;
    const auto config = parse(R"(
tick: 2s
series_max: 500
collectors: {disable: [netdev]}
changes: {paths: [/etc, /srv/app]}
logs: {files: [/var/log/app.log]}
conditions:
  filesystem_full: {confirm: 5s, limits: {critical: 0.9}}
  filesystem_inodes_full: {enabled: false}
forecast: {horizon: 12h, used_min: 0.2}
noise_budget: 3 per day
incidents: {calm_for: 10s}
actions: {socket: /tmp/a.sock, grace_after_start: 0s}
resource: {deployment.environment.name: test}
first_send_spread: 0s
spool: {critical_mib: 1, info_mib: 2, memory_kib: 128}
metrics: {}
)",
                              errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    CHECK(config->tick.ns == seconds(2).ns);
    CHECK(config->series_max == 500);
    CHECK(config->watched_paths == std::vector<std::string>{"/etc", "/srv/app"});
    CHECK(config->log_files == std::vector<std::string>{"/var/log/app.log"});
    CHECK(config->collectors_off == std::vector<std::string>{"netdev"});
    CHECK(config->detect.conditions.size() == stock_conditions().size() - 1);
    CHECK(config->detect.forecast_used_min == 0.2);
    CHECK(config->detect.noise_per_second == doctest::Approx(3 / 86400.0));
    CHECK(config->incidents.calm_for.ns == seconds(10).ns);
    CHECK(config->actions.socket == "/tmp/a.sock");
    CHECK(config->spool.segments == std::array<std::uint16_t, 3>{4, 32, 8});
    CHECK(config->metrics.enabled);
    CHECK(config->metrics.listen.port == 9109);
    CHECK(config->spool.memory_bytes == 128U << 10U);
    CHECK(config->actions.grace_after_start.ns == 0);
    REQUIRE(config->ship.identity.resource.size() == 1);
    for (const Condition& condition : config->detect.conditions) {
        if (condition.name != "filesystem_full") continue;
        CHECK(condition.confirm.ns == seconds(5).ns);
        for (const ConditionStep& step : condition.steps) {
            if (step.severity != Severity::Critical) continue;
            CHECK(step.limit == 0.9);
            CHECK(step.room_max == 0);
        }
    }
}

TEST_CASE("load_config: what is wrong is named with its place, and all of it") {
    struct Row {
        std::string_view yaml;
        std::string_view part;
    };
    for (const Row& row :
         {Row{"tik: 1s", "homeostat.yml:1:1: unknown key 'tik' (did you mean 'tick'?)"},
          Row{"tick: fast", "homeostat.yml:1:7: tick: expected a duration"},
          Row{"collectors: {disable: [netdve]}", "no collector 'netdve' (did you mean 'netdev'?)"},
          Row{"conditions: {filesystem_ful: {}}", "did you mean 'filesystem_full'?"},
          Row{"spool: {critical_mib: 0}", "homeostat.yml:1:23: critical_mib: expected a whole"},
          Row{"metrics: {listen: '0.0.0.0:9109'}",
              "homeostat.yml:1:19: listen: expected 127.0.0.1"},
          Row{"spool: {size: 5}", "unknown key 'size'"},
          Row{"noise_budget: often", "homeostat.yml:1:15: noise_budget: expected a number of"},
          Row{"noise_budget: [1]", "noise_budget: expected a number of"},
          Row{"conditions: 5", "expected names of conditions"},
          Row{"conditions: {filesystem_full: {limits: {fatal: 1}}}", "unknown key 'fatal'"},
          Row{"a: [1", "homeostat.yml:1:"}, Row{"tick: &x 1s", "homeostat.yml:1:"}}) {
        CAPTURE(row.yaml);
        std::vector<Error> errors;
        CHECK_FALSE(parse(row.yaml, errors));
        REQUIRE_FALSE(errors.empty());
        CAPTURE(errors[0].text.view());
        CHECK(errors[0].text.view().find(row.part) != std::string_view::npos);
    }
    std::vector<Error> errors;
    CHECK_FALSE(parse("tik: 1\nseries_max: 1\n", errors));
    CHECK(errors.size() == 2);
}

TEST_CASE("load_config: a secret that everyone can read is a warning") {
    const test::TemporaryDirectory directory;
    const std::string token = directory.write("token", "x");
    ::chmod(token.c_str(), 0644);
    directory.write("homeostat.yml",
                    "exporters: {otlp: {authorization: {credentials_file: " + token + "}}}");
    std::vector<Error> errors;
    const auto config = load_config(directory.path(), errors);
    REQUIRE(config);
    REQUIRE(config->warnings.size() == 1);
    CHECK(config->warnings[0].find(token) == 0);
}

TEST_CASE("load_config: a secret in a file of settings that everyone can read is a warning") {
    const test::TemporaryDirectory directory;
    directory.write("homeostat.d/a.yml",
                    "scrape_configs:\n"
                    "- {job_name: a, static_configs: [{targets: ['a:1']}],"
                    " basic_auth: {username: u, password: s3cret}}\n");
    const std::string part = directory.path() + "/homeostat.d/a.yml";
    ::chmod(part.c_str(), 0640);
    const std::string path = directory.path() + "/homeostat.yml";
    const auto warnings = [&](const char* yaml, mode_t mode) {
        directory.write("homeostat.yml", yaml);
        ::chmod(path.c_str(), mode);
        std::vector<Error> errors;
        const auto config = load_config(directory.path(), errors);
        for (const Error& error : errors) MESSAGE(error.text.view());
        REQUIRE(config);
        return config->warnings;
    };
    for (const char* yaml :
         {"exporters: {otlp: {authorization: {credentials: s3cret}}}",
          "exporters: {otlp: {headers: {X-Key: s3cret}}}",
          "exporters: {webhook: {url: 'https://hooks.example/s3cret'}}",
          "exporters: {webhook: [{kind: slack, url: 'https://hooks.example/s3cret'}]}",
          "exporters: {webhook: {url: 'https://x', secret: whsec_czNjcmV0}}"}) {
        CAPTURE(yaml);
        const auto told = warnings(yaml, 0644);
        REQUIRE(told.size() == 1);
        CAPTURE(told[0]);
        CHECK(told[0].starts_with(path + ":1:"));
        CHECK(told[0].find("in a file that everyone can read") != std::string::npos);
        CHECK(told[0].find("s3cret") == std::string::npos);
        CHECK(warnings(yaml, 0640).empty());
    }
    CHECK(warnings("exporters: {otlp: {endpoint: 'https://x'}}", 0644).empty());
    ::chmod(part.c_str(), 0644);
    const auto told = warnings("tick: 1s", 0644);
    REQUIRE(told.size() == 1);
    CHECK(told[0].starts_with(part + ":2:"));
}

TEST_CASE("load_config: a file that cannot be read is an error that names it") {
    const test::TemporaryDirectory directory;
    directory.write("homeostat.yml/inner", "");  // a directory in its place
    std::vector<Error> errors;
    CHECK_FALSE(load_config(directory.path(), errors));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view().find("homeostat.yml") != std::string_view::npos);
}

TEST_CASE("load_config: what cannot be the configuration is not taken for an empty one") {
    for (const int kind : {0, 1, 2}) {
        CAPTURE(kind);
        const test::TemporaryDirectory directory;
        const std::string path = directory / kConfigFile;
        if (kind == 0) REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        if (kind == 1) REQUIRE(::mkdir(path.c_str(), 0700) == 0);
        if (kind == 2) directory.write("homeostat.yaml", "tick: 2s\n");
        std::vector<Error> errors;
        CHECK_FALSE(load_config(directory.path(), errors));
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].text.view().find("homeostat.y") != std::string_view::npos);
    }
}

TEST_CASE("load_config: drop-ins lie on top of the file, by name, and faults name the right file") {
    const test::TemporaryDirectory directory;
    directory.write("homeostat.yml", "tick: 2s\nseries_max: 500\nresource: {a: x, b: x}\n");
    directory.write("homeostat.d/20-b.yml", "tick: 4s\nresource: {b: z}\n");
    directory.write("homeostat.d/10-a.yml", "tick: 3s\n");
    directory.write("homeostat.d/readme.txt", "not: read");
    directory.write("catalogue.d/disk.yml", "filesystem_full: {enabled: false}\n");
    std::vector<Error> errors;
    const auto config = load_config(directory.path(), errors);
    for (const Error& error : errors) MESSAGE(error.text.view());
    REQUIRE(config);
    CHECK(config->tick.ns == seconds(4).ns);
    CHECK(config->series_max == 500);
    CHECK(config->ship.identity.resource.size() == 2);
    CHECK(config->detect.conditions.size() == stock_conditions().size() - 1);

    directory.write("homeostat.d/10-a.yml", "\ntik: 3s\n");
    directory.write("homeostat.d/15-c.yml", "[1]\n");
    CHECK_FALSE(load_config(directory.path(), errors));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view() ==
          (directory / "homeostat.d/15-c.yml") + ":1:1: expected keys and values, got a list");
    errors.clear();
    directory.write("homeostat.d/15-c.yml", "");
    CHECK_FALSE(load_config(directory.path(), errors));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text.view().starts_with((directory / "homeostat.d/10-a.yml") +
                                            ":2:1: unknown key 'tik'"));
    errors.clear();
    directory.write("homeostat.d/10-a.yml", "conditions: {filesystem_full: {confirm: 5s}}\n");
    CHECK_FALSE(load_config(directory.path(), errors));
    REQUIRE(errors.size() == 1);
    CHECK(
        errors[0].text.view().find("catalogue.d/disk.yml:1:1: condition 'filesystem_full' is here "
                                   "twice: first at") != std::string_view::npos);
}
