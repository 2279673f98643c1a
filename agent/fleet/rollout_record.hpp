// RolloutRecord is all that the agent remembers of what the fleet has sent: one small file,
// replaced as a whole, so that after a crash at any moment either the old or the new is true.
//
//     homeostat-fleet 1
//     channel prod
//     highest 7 DIGEST             the highest version that was ever accepted
//     returned 1                   it was in force when this channel was left: it may come again
//     elsewhere test 4 DIGEST kept     the highest of a channel that was followed before; or -
//     good 6 DIGEST                in force and kept
//     trial 7 DIGEST BOOT          in force, on probation; BOOT while a process runs it, else -
//     waiting 8 DIGEST UNIX_NS     checked, its turn comes; since when it is known
//     failed 5 DIGEST TEXT         the last that was refused or rolled back, and why
//     event UNIX_NS 7 DIGEST committed TEXT      what happened, oldest first
//     sum SHA256                   of all lines before
//
// The bundles themselves are in DIGEST.bundle beside it, each with its signature inside.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

inline constexpr const char* kFleetDirectory = "fleet";  // below the state directory
inline constexpr const char* kRecordFile = "record";
inline constexpr std::size_t kRecordBytesMax = 64UL * 1024;
inline constexpr std::size_t kHistoryMax = 64;

// A bundle by name.
struct BundleRef {
    std::uint64_t version = 0;
    std::string digest;  // SHA-256 of the signed bytes; empty: none

    [[nodiscard]] bool known() const { return !digest.empty(); }
    [[nodiscard]] std::string file() const { return digest + ".bundle"; }
    friend bool operator==(const BundleRef&, const BundleRef&) = default;
};

struct RolloutEvent {
    std::int64_t unix_ns = 0;
    BundleRef bundle;
    std::string what;  // one word: waiting, trial, committed, refused, rolled-back
    std::string text;
};

// The highest version of a channel that this host follows no more.
struct FormerChannel {
    std::string channel;
    BundleRef highest;
    bool kept = false;  // it was in force and kept
};
inline constexpr std::size_t kFormerChannelsMax = 8;

struct RolloutRecord {
    std::string channel;
    BundleRef highest;
    bool returned = false;
    std::vector<FormerChannel> elsewhere;  // the latest is the last
    BundleRef good;
    BundleRef trial;
    std::string trial_boot;  // the boot id in which a process has run it and not ended; or empty
    BundleRef waiting;
    std::int64_t waiting_since_unix_ns = 0;
    BundleRef failed;
    std::string failure;
    std::vector<RolloutEvent> history;

    // The trial, or what was kept, or none.
    [[nodiscard]] const BundleRef& in_force() const { return trial.known() ? trial : good; }

    // Drops the oldest when there are kHistoryMax. Line breaks of the text become spaces.
    void add_event(RolloutEvent event);

    // Another fleet: of the former one only its highest version stays, for when it is followed
    // again; of this one nothing but that.
    void follow(const std::string& next);
};

std::string to_text(const RolloutRecord& record);

// Errc::Parse for anything that to_text has not written.
Result<RolloutRecord> parse_rollout_record(std::string_view text);

}  // namespace homeostat
