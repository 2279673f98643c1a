// AllowList is the ceiling that the owner of this host sets: what may ever be done here by itself.
//
// It is one root-owned file, allow.yml. Everything in it is exact and positive: names, not
// patterns; what is not written is not allowed; an empty list means nothing (reliability rules B5,
// B6). Some things no entry can allow: see built_in_refusals.hpp. docs/rules.md is the manual.
//
//   version: 1
//   watcher_uid: homeostat          # a number, or a name in /etc/passwd
//   max_mode: auto                  # of everything on this host
//   fleet: {at_once: 0.02, slot: 5m, keys: [RWRJXHrU...], max_mode: recommend, approvals: false}
//   actions:
//     - rule: clean rotated logs    # exact name of the rule
//       playbook: clean-disk.yml    # exact name of the file
//       max_mode: auto
//       targets: [/srv/volume]      # exact mount points, unit names, or `host`
//       paths: [/srv/volume]        # where files may be changed
//       requires: {filesystem_used_above: 0.80}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/fleet_slot.hpp"
#include "actions/minisign.hpp"
#include "core/decision.hpp"
#include "core/result.hpp"
#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr std::size_t kAllowListBytesMax = 64UL * 1024;
inline constexpr std::size_t kAllowedActionsMax = 256;
inline constexpr std::size_t kAllowedTargetsMax = 1024;  // over all actions
inline constexpr std::uint16_t kNoTarget = 0xFFFF;       // "no entry of the allow-list"

// Never more than so many in any hour and any day, and never sooner than the cooldown after the
// last time, which doubles with each run up to kCooldownMax.
struct ActionLimits {
    std::uint32_t per_hour = 2;
    std::uint32_t per_day = 6;
    Duration cooldown = minutes(15);

    friend bool operator==(const ActionLimits&, const ActionLimits&) = default;
};
inline constexpr Duration kCooldownMax = hours(6);
inline constexpr std::uint32_t kHostPerHour =
    4;  // all actions together, unless set lower or higher
inline constexpr std::uint32_t kHostPerDay = 24;

// What must be true on the host itself, whatever the watcher says, for the action to run.
struct Precondition {
    enum class Kind : std::uint8_t {
        Nothing,
        FilesystemUsedAbove,  // of the target, a mount point
        NotMounted,           // the target is a mount point where nothing is mounted
        UnitState,            // of the target, a unit
        MemoryShareAbove,     // what the target, a unit, uses of the host's memory
        CpuStallAbove,        // the share of the last ten seconds in which something on the host
        IoStallAbove,         // ... had to wait: "some avg10" of /proc/pressure
        MemoryStallAbove,
    };
    Kind kind = Kind::Nothing;
    double ratio = 0;        // ...Above, in [0,1]
    std::string unit_state;  // UnitState: an ActiveState, for example "failed"
};

// Whatever an entry says: what is younger may be in the making (reliability rule C3).
inline constexpr Duration kAgeFloor = hours(1);

struct AllowedAction {
    std::string rule;
    std::string playbook;
    ActionMode max_mode = ActionMode::Observe;
    std::vector<std::string> targets;
    std::vector<std::string> paths;
    std::vector<std::string> owners;    // whose files may be deleted, beside root's and the path's
    std::vector<std::string> programs;  // with any arguments; in a fleet's playbook with none
    std::vector<std::vector<std::string>> commands;  // whole argument lists, the program first
    bool shell = false;
    Duration min_age = hours(1);  // younger files are never deleted
    bool relief = false;          // runs on a host that hardly works, too: it makes it lighter
    Precondition requires_;
    std::string undo;       // the playbook that may take it back; empty: none
    Duration restrain_max;  // the longest a rule may lower the target's shares; nought: not at all
    ActionLimits limits;
    Duration time_limit = seconds(120);
    int line = 0;
};

// What a target's name stands for: a mount point, a unit or the host.
SubjectKind target_kind(std::string_view name);

// One thing that an action may act on; its number is what a Decision and a request carry.
struct AllowedTarget {
    std::uint16_t action = 0;  // in AllowList::actions
    std::string name;
    SubjectKind kind = SubjectKind::Host;  // Mount, Unit or Host
};

// Whose bundles may bring rules, playbooks and approvals to this host, and how far they may go
// (docs/decisions/0012). No keys: nobody's.
struct FleetTrust {
    std::vector<MinisignKey> keys;
    ActionMode max_mode = ActionMode::Observe;  // of rules that a bundle brings
    bool approvals = false;  // what waits in mode recommend may be approved by a bundle
};
inline constexpr std::size_t kFleetActionKeysMax = 8;

struct AllowList {
    std::string watcher;                     // as written: a number or a name in /etc/passwd
    std::uint32_t watcher_uid = 0xFFFFFFFF;  // when it is a number; otherwise still unknown
    ActionMode max_mode = ActionMode::Observe;
    std::uint32_t host_per_hour = kHostPerHour;
    std::uint32_t host_per_day = kHostPerDay;
    Duration grace_after_boot = minutes(5);  // what is seen right after boot is often not yet true
    FleetTurns fleet;  // of how many hosts this one is, so that not all act at once
    FleetTrust trust;
    std::vector<AllowedAction> actions;
    std::vector<AllowedTarget> targets;  // of all actions, in the order of the file

    // Whether anything may ever be done on this host.
    [[nodiscard]] bool lets_act() const;

    // The number of the target that this rule may act on for that subject, or kNoTarget.
    [[nodiscard]] std::uint16_t find_target(std::string_view rule, std::string_view playbook,
                                            const Subject& subject) const;
    // ... that a record of an incident's actions is about.
    [[nodiscard]] std::uint16_t find_target(const ActionRecord& action,
                                            const Incident& incident) const;
};

// An error text begins with "FILE:LINE:COLUMN: ".
Result<AllowList> parse_allow_list(const std::string& file, std::string_view text);

}  // namespace homeostat
