// Keeper decides which bundle is in force on this host, and never forgets it.
//
//     offered -> checked as a whole -> waits its turn in the ring -> on trial -> kept
//                     |                                                |
//                  refused                                        rolled back
//
// A bundle is checked from its signature to what it would reserve before anything changes. Its
// version is on disk as the highest ever accepted before it comes into force, so that no older one
// is taken after it, whatever happens then. What is in force is one line of one file that is
// replaced as a whole (rollout_record.hpp): a crash at any moment leaves the old or the new bundle,
// never a part of either. A process that dies while a bundle is on trial has rolled it back by
// dying: the next start finds the mark and takes the one that was kept.
//
// Section 7 of the interfaces is told by number in the tests. Not for several threads at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/bundle.hpp"
#include "actions/minisign.hpp"
#include "actions/operator_word.hpp"
#include "agent/fleet/fleet_files.hpp"
#include "agent/fleet/rollout_record.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

struct KeeperSetup {
    std::string channel;
    std::vector<MinisignKey> keys;         // may change settings
    std::vector<MinisignKey> action_keys;  // may bring rules, playbooks and approvals
    std::string machine_id;
    HostFacts host;
    std::string agent_version;
    std::string boot_id;
    bool conditions_act = false;  // conditions set actions off here: they need a key of the latter
};

// What became of an offer. Unchanged: known, in force or on its way. Ignored: genuine, and not for
// this host, or older than what it has. Refused: with the reason.
enum class OfferEnd : std::uint8_t { Unchanged, Waiting, Ignored, Refused };

struct OfferAnswer {
    OfferEnd end = OfferEnd::Refused;
    BundleRef bundle;  // its version is nought when nobody whom we trust has signed it
    std::string text;  // why, for Ignored and Refused
};

class Keeper {
public:
    // Both borrowed.
    Keeper(KeeperSetup setup, FleetFiles& files, const SignatureLibrary& library)
        : setup_(std::move(setup)), files_(files), library_(library) {}

    // Finds what is in force. To be called once, before the configuration is read. What it could
    // not believe of what it found is the error; nothing is in force then, or what was before.
    Status begin(Instant now);

    // Null: none. As it was checked; its signature, too, was checked again by begin().
    [[nodiscard]] const Bundle* in_force() const { return bundle_ ? &*bundle_ : nullptr; }
    [[nodiscard]] const RolloutRecord& record() const { return record_; }
    [[nodiscard]] bool on_trial() const { return record_.trial.known(); }

    // `signature` is empty when it stands in the text. `check` is asked last: whether the bundle
    // works on this host. `source` is told in the history.
    using Check = FunctionRef<Status(const Bundle&)>;
    OfferAnswer offer(std::string_view text, std::string_view signature, Instant now, Check check,
                      const OperatorWord& word = {}, std::string_view source = {});

    // Whether the turn of the waiting bundle has come.
    [[nodiscard]] bool due(Instant now, const OperatorWord& word = {}) const;

    // The waiting bundle comes into force, on trial. On an error nothing has changed.
    Status start_trial(Instant now);

    // The trial is over: it is kept, or what was in force before comes back.
    Status keep(Instant now);
    Status roll_back(Instant now, std::string_view why);

    // What is kept is left for what was kept before it, or for none. Errc::NotFound: `digest` is
    // not in force.
    Status leave(std::string_view digest, Instant now);

    // The process ends because it was asked to: a trial goes on with the next start.
    void end();

private:
    [[nodiscard]] Result<Bundle> load(const BundleRef& ref) const;
    Result<Bundle> check_offer(std::string_view body, std::string_view signature, Instant now,
                               const OperatorWord& word, OfferAnswer& answer);
    Status check_rights(const Bundle& bundle, const MinisignKeyId& signer) const;
    Status check_version(const Bundle& bundle, const OperatorWord& word, OfferAnswer& answer) const;
    OfferAnswer refuse(OfferAnswer answer, std::string_view why, Instant now);
    Status save(const RolloutRecord& next);
    void use(const BundleRef& ref);
    void clean_up();

    KeeperSetup setup_;
    FleetFiles& files_;
    const SignatureLibrary& library_;
    RolloutRecord record_;
    std::optional<Bundle> bundle_;
    Duration waiting_delay_;
    Instant waiting_from_;     // of this process: the monotonic clock counts from here,
    Duration waiting_before_;  // and so long it had waited by then
};

}  // namespace homeostat
