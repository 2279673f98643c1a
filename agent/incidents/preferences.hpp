// Preferences is what people said about incidents: silences, maintenance windows, feedback; and
// whether they have paused all actions.
//
// A silence holds back what it matches until it expires; what still holds then opens an incident
// like any other. Nothing is done meanwhile about a matching incident that was open before. A
// maintenance window is a silence of everything. Feedback changes how long a
// condition must hold on a subject before it counts: "noise" adds kNoiseStep, up to kNoiseMax;
// "useful" takes one step back. Neither can hide a condition for good, both can be undone.
//
// The list is short and read by the tick: fixed memory, no allocation. Its file is
// STATE/preferences.json (agent/incidents/preferences_file.hpp).
#pragma once

#include <cstdint>
#include <limits>

#include "core/finding.hpp"
#include "core/fixed_vector.hpp"
#include "core/incident.hpp"

namespace homeostat {

inline constexpr std::int64_t kPausedForGoodUnixNs = std::numeric_limits<std::int64_t>::max();

struct Silence {
    FixedString<15> id;
    FixedString<47> kind;      // of incident or condition; empty: any
    FixedString<127> subject;  // empty: any
    std::int64_t until_unix_ns = 0;
    FixedString<95> reason;
};

struct FeedbackEffect {
    FixedString<47> condition;
    FixedString<127> subject;
    std::uint8_t noise_steps = 0;
    std::uint32_t useful = 0;  // how often it was said
    std::uint32_t noise = 0;
    std::uint32_t wrong_cause = 0;
};

class Preferences {
public:
    static constexpr std::size_t kSilencesMax = 32;
    static constexpr std::size_t kFeedbackMax = 64;
    static constexpr Duration kNoiseStep = minutes(1);
    static constexpr std::uint8_t kNoiseStepsMax = 5;

    FixedVector<Silence, kSilencesMax> silences;
    FixedVector<FeedbackEffect, kFeedbackMax> feedback;

    // `homeostat pause`: what the actuator was told, for `homeostat status`; the actuator keeps its
    // own word (actions/ledger.hpp). Nought: not paused; kPausedForGoodUnixNs: until resumed.
    std::int64_t paused_until_unix_ns = 0;

    // True when a silence matches it now, or feedback wants it to hold for longer first.
    [[nodiscard]] bool holds_back(const Finding& finding, Instant now) const;

    // The silence that matches, or null.
    [[nodiscard]] const Silence* silence_of(std::string_view kind, std::string_view condition,
                                            std::string_view subject,
                                            std::int64_t now_unix_ns) const;
    // True while a silence matches an incident that is open: nothing is done about it by itself.
    [[nodiscard]] bool silences_actions(const Incident& incident, Instant now) const;
    [[nodiscard]] const FeedbackEffect* feedback_of(std::string_view condition,
                                                    std::string_view subject) const;

    // How much longer than its own `confirm` it must hold.
    [[nodiscard]] Duration extra_confirm(std::string_view condition,
                                         std::string_view subject) const;
};

}  // namespace homeostat
