// Actuator: the guards between a request and root's hands.
//
// A request only names a rule, a target and an incident. Everything else is found out here, from
// files that only root can write and from the host itself. The guards, in their order:
//
//   peer         the caller is the watcher of the allow-list, or root
//   request      64 well-formed bytes, and both sides have read the same files; where they differ
//                in a fleet's bundle alone, the owner's rules go on; undo, pause and resume name no
//                rule, so they need no same files: nothing on disk can hold them up
//   rule         it exists and is enabled
//   allow-list   it has an entry for exactly this rule, playbook and target
//   mode         the lowest of request, rule, entry and host; recommend needs a person (root): now,
//                or by an approval in advance that still holds
//   protected    built_in_refusals.hpp, whatever the files say
//   override     host_guards.hpp: a person's stop, the time right after boot, the turns of a fleet,
//                a host that hardly works
//   budgets      ledger.hpp; one at a time on the host
//   precondition what the entry `requires` is true now
//
// then the ledger and the audit log are on disk, then the playbook runs, then the precondition is
// looked at again: if it still holds, the action did not help. Refusals are audited like actions.
//
// How a run is taken back is in the ledger before it begins (actuator_undo.cpp): so a time box ends
// although the actuator was killed meanwhile, and a run that made matters worse is undone at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "actions/action_config.hpp"
#include "actions/action_files.hpp"
#include "actions/action_runner.hpp"
#include "actions/actuator_protocol.hpp"
#include "actions/audit.hpp"
#include "actions/ledger.hpp"
#include "actions/precondition.hpp"
#include "core/clock.hpp"
#include "core/root.hpp"
#include "core/spawner.hpp"

namespace homeostat {

struct ActuatorHost {
    const Root& root;  // the real one: /proc and the file systems
    const Clock& clock;
    Spawner& spawner;
    ActionRunner& runner;
    ActionFiles* files = nullptr;  // where a bundle is looked for; null: nowhere
};

// Who is at the other end of the socket, by the kernel's word (SO_PEERCRED).
struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    pid_t pid = 0;
};

class Actuator {
public:
    // `config` is the owner's word, with a bundle on top; `watcher_uid` the one caller besides
    // root. Errors: a state directory that others can write, an audit log that cannot be opened.
    static Result<Actuator> open(const ActionConfig& config, uid_t watcher_uid,
                                 const std::string& state_directory, ActuatorHost host);

    struct Answer {
        ActionReport report;
        std::uint64_t nonce = 0;  // of the request; 0 when it could not be read
    };

    // Answers whatever came over the wire. Never fails: what cannot be done is a report that says
    // so. Takes as long as the action.
    Answer handle(const Peer& peer, std::span<const std::uint8_t> bytes);

    // Takes back what has had its time. How long until the next one has, or nothing when none
    // waits. A person's pause does not hold this up: it makes the host as it was.
    std::optional<Duration> settle();

    // Goes on with what the files say now.
    void replace_config(const ActionConfig& config, uid_t watcher_uid);

private:
    Answer respond(const Peer& peer, std::span<const std::uint8_t> bytes);

    // What a request comes down to once it has passed the first guards.
    struct Plan {
        const Rule* rule = nullptr;
        const AllowedTarget* target = nullptr;
        const AllowedAction* action = nullptr;
        bool dry = true;
        bool approved = false;        // a person asks
        bool needs_approval = false;  // the watcher asks, in mode recommend
        BudgetRequest budget;
    };

    Actuator(const ActionConfig& config, uid_t watcher_uid, std::string state_directory,
             ActuatorHost host, AuditLog audit);

    Status check_peer(const Peer& peer) const;
    Result<Plan> plan(const Peer& peer, const ActionRequest& request) const;
    void choose_mode(const Peer& peer, const ActionRequest& request, Plan& plan) const;
    Status check_protected(const Plan& plan) const;
    Status check_override(const Plan& plan) const;
    void approve(const Plan& plan, const ActionRequest& request, const Peer& peer,
                 ActionReport& report);
    void note_harm(const Plan& plan, const Peer& peer, ActionReport& report);
    void override_all(const ActionRequest& request, const Peer& peer, ActionReport& report);
    void undo(const ActionRequest& request, const Peer& peer, ActionReport& report);
    // How a run of this plan will be taken back; without playbook and changes: not at all. Denied
    // while a time box is in force on the target.
    Result<LedgerUndo> how_to_undo(const Plan& plan, const ActionRequest& request,
                                   const Ledger& ledger);
    void restrain(const Plan& plan, const LedgerUndo& undo, ActionReport& report);
    void take_back(const LedgerUndo& undo, std::string_view why, const Peer& peer, Ledger& ledger,
                   ActionReport& report);
    Status run_undo(const LedgerUndo& undo, ActionReport& report);
    void wait_for_person(const Plan& plan, const ActionRequest& request, Ledger& ledger,
                         const Peer& peer, ActionReport& report);
    void answer_ping(const Peer& peer, ActionReport& report);
    // In actuator_fleet.cpp.
    void read_again();
    void look_for_bundle(const Peer& peer, bool again);
    Status check_agreement(const ActionRequest& request) const;
    [[nodiscard]] bool is_stale() const;
    [[nodiscard]] bool approved_by_fleet(const Plan& plan, const ActionRequest& request,
                                         const Ledger& ledger) const;
    Status note_use_of_fleet(const Plan& plan);
    [[nodiscard]] std::int64_t unix_time() const;
    // Errc::Limit when another one is at work; then the ledger as of now.
    Result<Ledger> open_ledger(const Descriptor& lock, const Peer& peer);
    Status save(const Ledger& ledger) const;
    [[nodiscard]] Descriptor take_lock() const;
    void carry_out(const Plan& plan, const ActionRequest& request, const Peer& peer,
                   ActionReport& report);
    Outcome run_and_judge(const Plan& plan, const ActionRequest& request,
                          const PreconditionState& before, const LedgerUndo& undo,
                          ActionReport& report);
    Outcome judge_effect(const Plan& plan, const PreconditionState& before, bool failed,
                         ActionReport& report);
    void refuse(ActionReport& report, const Peer& peer, std::string_view why);
    Status record(std::string_view event, const ActionReport& report, const Peer& peer);
    Result<std::string> boot_id() const;

    const ActionConfig* config_;
    uid_t watcher_uid_;
    std::string state_directory_;
    ActuatorHost host_;
    AuditLog audit_;
    Instant refusals_since_;           // a flood of refusals must not push out the history:
    std::uint32_t refusals_ = 0;       // so many were written in this hour,
    std::uint64_t refusals_left_ = 0;  // and so many only counted
};

// A person at this host: root, or in a trial without root whoever started the actuator.
bool is_person(uid_t uid);

// Denied when the owner's entry does not allow what takes the rule's action back, or to restrain
// the target for so long.
Status check_undo(const Rule& rule, const AllowedAction& action);

// What an outcome means for what was wrong.
Effect effect_of(Outcome outcome);

// What holds when the owner's entry and the rule both name limits: the smaller budget, the longer
// cooldown.
ActionLimits tighter(const ActionLimits& owner, const RuleLimits& rule);

}  // namespace homeostat
