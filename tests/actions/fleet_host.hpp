// FleetHost is a directory with an owner's files that let a fleet bring actions, the place where a
// watcher leaves bundles, and the actuator's state.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "actions/action_files.hpp"
#include "actions/sodium_signatures.hpp"
#include "tests/support/bundle_shape.hpp"
#include "tests/support/memory_root.hpp"
#include "tests/support/signer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace homeostat::test {

inline constexpr const char* kPushedActions = R"(rules:
  pushed.yml: |
    - rules:
        - name: pushed
          condition: event.value > 0.9
          mode: auto
          action: {run_playbook: {name: pushed.yml}}
        - name: asks
          condition: event.value > 0.9
          mode: recommend
          action: {run_playbook: {name: pushed.yml}}
playbooks:
  pushed.yml: "- hosts: all\n"
)";

struct FleetHost {
    FleetHost() {
        ::umask(022);
        write_allow("max_mode: auto, approvals: true");
        directory.write("etc/fleet.yml", "channel: prod\nkeys: []\nlabels: {role: web}\n");
        directory.write("etc/playbooks/own.yml", "- hosts: all\n");
        directory.write("etc/rules/own.yml",
                        "- rules:\n    - {name: own, condition: event.value > 0.9, mode: auto,"
                        " action: {run_playbook: {name: own.yml}}}\n");
        ::mkdir((directory / "state").c_str(), 0700);
        ::mkdir((directory / "watcher").c_str(), 0700);
        root.set("proc/sys/kernel/hostname", "web1\n");
    }

    void write_allow(const std::string& trust) {
        directory.write("etc/allow.yml",
                        "version: 1\nwatcher_uid: 4242\nmax_mode: auto\nfleet: {keys: ['" +
                            actions.public_key() + "'], " + trust +
                            "}\nactions:\n"
                            "  - {rule: own, playbook: own.yml, max_mode: auto,"
                            " targets: [/srv/a], requires: {filesystem_used_above: 0.8}}\n"
                            "  - {rule: pushed, playbook: pushed.yml, max_mode: auto,"
                            " targets: [/srv/a], requires: {filesystem_used_above: 0.8},"
                            " limits: {cooldown: 1m, per_hour: 60, per_day: 240}}\n"
                            "  - {rule: asks, playbook: pushed.yml, max_mode: auto,"
                            " targets: [/srv/a], requires: {filesystem_used_above: 0.8},"
                            " limits: {cooldown: 1m, per_hour: 60, per_day: 240}}\n");
    }

    [[nodiscard]] ActionPlaces places() const {
        return {directory / "etc", directory / "state", inbox(), "0.1.0", root, library};
    }
    [[nodiscard]] std::string inbox() const { return directory / "watcher/actions.yml"; }

    void leave(const std::string& text) const { directory.write("watcher/actions.yml", text); }
    void leave(BundleShape shape, const Signer& signer) const {
        if (shape.body == BundleShape{}.body) shape.body = kPushedActions;
        leave(signer.sealed(text_of(shape)));
    }

    Signer actions{2};
    Signer settings{1};
    Signer stranger{3};
    TemporaryDirectory directory;
    MemoryRoot root;
    SodiumSignatures library;
    ManualClock clock;
};

}  // namespace homeostat::test
