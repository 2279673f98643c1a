// ActionFiles is what the actuator goes by: the owner's files, and the bundle that the watcher has
// left for it, if that passes the gate (fleet_gate.hpp).
//
// The owner's files are read at start and by reload(); the bundle is looked for whenever somebody
// asks with numbers of other files than these. What is wrong with a bundle never stops the owner's
// rules: it is left out, and said, and who goes by it all the same still means the owner's files by
// the numbers of the owner's rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actions/action_config.hpp"
#include "actions/fleet_gate.hpp"
#include "actions/signature_library.hpp"
#include "core/root.hpp"

namespace homeostat {

inline constexpr const char* kFleetMemoryFile = "fleet";  // below the actuator's state directory

// Where things are. Root and library are borrowed.
struct ActionPlaces {
    std::string config;  // allow.yml, rules/, playbooks/, fleet.yml
    std::string state;   // the actuator's own, root's only
    std::string bundle;  // the file that the watcher leaves; empty: none is ever taken
    std::string agent_version;
    const Root& root;  // for the facts that a bundle asks for
    const SignatureLibrary& library;
};

// What became of a bundle, for the audit log.
struct FleetNews {
    bool taken = false;
    std::string text;
};

class ActionFiles {
public:
    // Errors are those of the owner's files.
    static Result<ActionFiles> open(const ActionPlaces& places, Instant now);

    // Reads the owner's files again; on an error the old ones stay.
    Status reload(Instant now);

    // Looks for a bundle again. True: current() is another now.
    bool look(Instant now);

    [[nodiscard]] const ActionConfig& current() const { return current_; }

    // Why not, and what to do, when `hash` is that of the owner's files as they are here with the
    // bundle that lies there, and that bundle was not taken. Null: `hash` means something else.
    [[nodiscard]] const std::string* untaken(std::uint64_t hash) const {
        return untaken_hash_ && *untaken_hash_ == hash ? &untaken_ : nullptr;
    }

    // Once for each bundle that was taken, and for each reason why one was not.
    std::optional<FleetNews> take_news();

    // The wall clock, but never before the latest time at which a bundle counted.
    [[nodiscard]] std::int64_t time_of(Instant now) const;

    // To be called, and to succeed, before anything is run because of a bundle: the clock cannot
    // be set back behind this moment.
    Status note_use(Instant now);

    // The same for the moment when a bundle ended: once it was past, it stays past.
    void note_end(Instant now);

private:
    ActionFiles(const ActionPlaces& places, ActionConfig owners)
        : places_(places), current_(std::move(owners)) {}

    Status add_bundle(Instant now);
    [[nodiscard]] Result<FleetGate> gate() const;
    [[nodiscard]] Result<FleetMemory> remembered() const;
    Status remember(const FleetMemory& next);

    ActionPlaces places_;
    ActionConfig current_;
    FleetMemory memory_;
    std::optional<FleetNews> news_;
    std::string refused_;  // the reason that was told last
    std::optional<std::uint64_t> untaken_hash_;
    std::string untaken_;
};

}  // namespace homeostat
