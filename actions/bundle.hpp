// Bundle: what a fleet manager sends to many hosts, as one signed YAML file.
//
//     bundle:
//       id: prod                             # the channel; hosts follow one
//       version: 7                           # only ever grows
//       issued: '2026-11-21T03:00:00Z'
//       expires: '2026-12-21T03:00:00Z'
//       min_agent: 0.1.0                     # optional
//       select:                              # which hosts; what is empty matches none
//         labels: {role: [web, db]}          # or  all: true
//         facts: {os: debian}
//       rollout: {canary: 0.05, wait: 1h, spread: 2h, probation: 10m}
//     series_max: 4000                       # settings, as in homeostat.yml
//     conditions: {...}
//     rules: {web.yml: |                     # files of rules/ and playbooks/, whole
//         ... }
//     playbooks: {clean.yml: | ... }
//     approvals:
//       - {rule: clean disk, target: /var, host: web1, until: '2026-11-22T00:00:00Z', times: 1}
//       - {playbook: restart.yml, from: '...', until: '...'}    # a class of actions, for a while
//
// Its signature is minisign's (actions/minisign.hpp), over the exact bytes, and nothing is parsed
// before it was checked. Everything here is pure: text, time and facts come in. Why this form and
// no archive: docs/decisions/0010-signed-bundles.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/playbook/yaml_document.hpp"
#include "actions/sha256.hpp"
#include "core/host_identity.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr std::size_t kBundleBytesMax = 1U << 20U;  // signature and all
inline constexpr std::size_t kBundleFilesMax = 64;         // rules and playbooks together
inline constexpr std::size_t kBundleApprovalsMax = 64;
inline constexpr std::size_t kChannelBytesMax = 48;

// How a bundle comes into force over many hosts, and on each of them.
struct Rollout {
    double canary = 0.05;              // share of the hosts that take it at once
    Duration wait = hours(1);          // the others wait for so long
    Duration spread = hours(2);        // and then come one by one, over this long
    Duration probation = minutes(10);  // on each host, until it is kept
};

// Every row must match, one of its values is enough. No rows and not `all`: matches no host.
struct HostSelector {
    struct Row {
        std::string name;
        std::vector<std::string> values;
    };
    bool all = false;
    std::vector<Row> labels;
    std::vector<Row> facts;
};

// What a host says of itself. Facts: host, machine, os, os_version, arch, agent.
struct HostFacts {
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<std::pair<std::string, std::string>> facts;
};

struct BundleHeader {
    std::string id;
    std::uint64_t version = 0;
    std::int64_t issued_unix_ns = 0;
    std::int64_t expires_unix_ns = 0;
    std::string min_agent;  // empty: any
    HostSelector select;
    Rollout rollout;
};

struct BundleFile {
    std::string name;  // "web.yml": no directories
    std::string text;
};

// Leave to run what waits in mode recommend, given in advance. What is empty fits everything.
struct BundleApproval {
    std::string rule;  // this or `playbook` is there, or both
    std::string playbook;
    std::string target;    // as allow.yml writes it
    std::string host;      // machine id or host name; empty: every host that takes the bundle
    std::string incident;  // its id
    std::int64_t from_unix_ns = 0;  // when the bundle was issued, unless it is said
    std::int64_t until_unix_ns = 0;
    std::uint32_t times = 0;  // so many runs on a host; nought: as many as the budgets allow
};

struct Bundle {
    BundleHeader header;
    YamlNode settings;  // a mapping of what is left
    std::vector<BundleFile> rules;
    std::vector<BundleFile> playbooks;
    std::vector<BundleApproval> approvals;
    Sha256Hex digest;  // of the signed bytes: the bundle's name everywhere

    // More than settings: it needs a key that is trusted for actions.
    [[nodiscard]] bool brings_actions() const {
        return !rules.empty() || !playbooks.empty() || !approvals.empty();
    }
};

// "bundle prod 7": how messages and `homeostat config show` call it.
std::string layer_name(const BundleHeader& header);

// The facts that selectors may ask for, beside the owner's labels.
HostFacts host_facts(std::vector<std::pair<std::string, std::string>> labels,
                     const HostIdentity& host, std::string_view agent_version);

// Of the signed bytes, after the check of the signature. An error begins with "FILE:LINE:COLUMN: ".
Result<Bundle> parse_bundle(const std::string& file, std::string_view text);

// Whether it may be taken now (Errc::Invalid says why not): not before it was issued, not past its
// end, and not by a clock that cannot be right.
Status check_time(const BundleHeader& header, std::int64_t now_unix_ns);

// Whether this program is new enough. Versions are numbers with dots.
Status check_agent(const BundleHeader& header, std::string_view agent_version);

bool matches(const HostSelector& selector, const HostFacts& host);

// When this host takes the bundle, counted from when it first saw it: nought for the canaries. The
// same for one host and bundle wherever it is computed, and unlike for another bundle, so that not
// the same hosts go first each time.
Duration ring_delay(const Rollout& rollout, std::string_view machine_id, std::string_view digest);

// "2026-11-21T03:00:00Z" (RFC 3339 in UTC, whole seconds or with a fraction, which is dropped), as
// nanoseconds since 1970.
Result<std::int64_t> parse_utc(std::string_view text);

}  // namespace homeostat
