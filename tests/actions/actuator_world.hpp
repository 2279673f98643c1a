// A whole host for one actuator: rules, an allow-list, two file systems, and a runner that does
// nothing but remember what it was asked.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actions/actuator.hpp"
#include "actions/ledger_file.hpp"
#include "core/file.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/scripted_spawner.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat::test {

inline constexpr uid_t kWatcher = 4242;  // neither root nor whoever runs the tests
inline constexpr uid_t kStranger = 4343;

inline constexpr std::uint16_t kClean = 0;
inline constexpr std::uint16_t kAsk = 1;
inline constexpr std::uint16_t kOff = 2;
inline constexpr std::uint16_t kRestart = 3;
inline constexpr std::uint16_t kNotAllowed = 4;

inline constexpr std::string_view kRules = R"(- rules:
    - name: clean
      condition: event.value > 0.9
      mode: auto
      action: {run_playbook: {name: clean.yml}}
    - name: ask
      condition: event.value > 0.9
      mode: recommend
      action: {run_playbook: {name: clean.yml}}
    - name: "off"
      enabled: false
      condition: event.value > 0.9
      mode: auto
      action: {run_playbook: {name: clean.yml}}
    - name: restart
      condition: event.value > 0.9
      mode: auto
      action: {run_playbook: {name: restart.yml}}
    - name: not allowed
      condition: event.value > 0.9
      mode: auto
      action: {run_playbook: {name: clean.yml}}
)";
inline constexpr std::string_view kAllow = R"(version: 1
watcher_uid: 4242
max_mode: auto
actions:
  - rule: clean
    playbook: clean.yml
    max_mode: auto
    targets: [/srv/a, /srv/b]
    paths: [/srv/a]
    requires: {filesystem_used_above: 0.8}
    limits: {cooldown: 1m}
  - rule: ask
    playbook: clean.yml
    max_mode: auto
    targets: [/srv/a]
    requires: {filesystem_used_above: 0.8}
  - rule: "off"
    playbook: clean.yml
    max_mode: auto
    targets: [/srv/a]
    requires: nothing
  - rule: restart
    playbook: restart.yml
    max_mode: auto
    targets: [nginx.service]
    requires: {unit_state: failed}
)";

// Does nothing but remember what it was asked, and what happens to the host meanwhile.
class ScriptedRunner final : public ActionRunner {
public:
    Result<RunOutcome> run(const RunOrder& order) override {
        rules.push_back(order.rule.name);
        targets.push_back(order.target.name);
        checks.push_back(order.check);
        paths.push_back(order.playbook_path);
        if (meanwhile) meanwhile();
        if (refusal) return *refusal;
        return outcome;
    }

    RunOutcome outcome{
        .failed = false, .ok = 3, .changed = 1, .failures = 0, .detail = "deleted 4"};
    std::optional<Error> refusal;
    std::function<void()> meanwhile;
    std::vector<std::string> rules;
    std::vector<std::string> targets;
    std::vector<std::string> paths;
    std::vector<bool> checks;
};

// A whole host for one actuator.
struct World {
    World() {
        ::umask(022);
        REQUIRE(parse_rulebook("r.yml", kRules, config.rules));
        auto list = parse_allow_list("allow.yml", kAllow);
        REQUIRE(list);
        config.allow_list = std::move(*list);
        config.has_allow_list = true;
        config.hash = 77;
        config.directory = "/etc/homeostat";
        root.set("proc/sys/kernel/random/boot_id", "boot-1\n");
        root.set("proc/self/mountinfo", "1 0 0:1 / /srv/a rw\n2 0 0:2 / /srv/b rw\n");
        fill("srv/a", 10);
        fill("srv/b", 10);
        clock.advance(hours(1));
        open();
    }

    void open() {
        actuator.reset();
        auto opened =
            Actuator::open(config, kWatcher, state.path(),
                           {.root = root, .clock = clock, .spawner = spawner, .runner = runner});
        REQUIRE(opened);
        actuator.emplace(std::move(*opened));
    }

    void fill(const char* mount, std::uint64_t free) {
        root.set_usage(mount, {.size_bytes = 100, .free_bytes = free, .available_bytes = free});
    }

    ActionReport ask(std::uint16_t rule, std::uint16_t target, ActionMode mode = ActionMode::Auto,
                     uid_t uid = kWatcher) {
        ActionRequest request{.opcode = Opcode::Run,
                              .rule = rule,
                              .target = target,
                              .mode = mode,
                              .incident = {},
                              .nonce = ++nonce,
                              .config_hash = 77};
        request.incident.bytes[0] = 9;
        const auto answer = actuator->handle({.uid = uid, .pid = 1}, encode(request));
        CHECK((answer.nonce == nonce || answer.nonce == 0));
        return answer.report;
    }

    std::string audit() const { return *read_file(state / "audit.log", 1 << 20); }

    test::TemporaryDirectory state;
    test::ManualClock clock;
    test::MemoryRoot root;
    test::ScriptedSpawner spawner;
    ScriptedRunner runner;
    ActionConfig config;
    std::optional<Actuator> actuator;
    std::uint64_t nonce = 0;
};

inline bool says(const ActionReport& report, std::string_view text) {
    CAPTURE(report.detail.c_str());
    return report.detail.view().find(text) != std::string_view::npos;
}

}  // namespace homeostat::test
