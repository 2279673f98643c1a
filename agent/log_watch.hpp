// LogWatch looks at the lines of all logs for sentences never seen before, and for bursts.
//
// Each line is filed under its sentence (detectors/log_templates.hpp). For the first hour it only
// learns what is usual here. After that, a sentence that is new is an event when its level is
// "warning" or worse or when it names trouble; and a sentence that comes far more often than it
// ever did is one, too. A flood is more than that, and needs no hour: a sentence that nobody had
// heard before, or far less often, and that comes by the thousand, the sooner when it names
// trouble. Its text begins with kFlood: only a flood is a fault by itself (log_flood).
//
// Fixed memory, bounded work for each line. The limits below keep a chatty program from filling the
// story: at most a few events a minute, the rest is counted.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "collectors/log_line.hpp"
#include "core/events.hpp"
#include "detectors/log_templates.hpp"

namespace homeostat {

class LogWatch final : public LineSink {
public:
    static constexpr Duration kLearnFor = hours(1);
    static constexpr Duration kWindow = minutes(1);       // over which rates are counted
    static constexpr std::uint32_t kBurstLines = 100;     // in one window, at least
    static constexpr std::uint32_t kBurstTimes = 10;      // ... and so often its largest before
    static constexpr std::uint32_t kNewPerWindowMax = 5;  // events for new sentences
    static constexpr std::uint32_t kFloodLines = 10'000;  // in one window, of any sentence
    static constexpr std::uint32_t kFloodOfTroubleLines = 3000;  // ... of one that names trouble
    // What is heard so soon after the start was there before.
    static constexpr Duration kFirstLook = seconds(30);
    static constexpr std::string_view kFlood = "a flood of ";

    void take(const LogLine& line) override;

    // Once a tick, after the collectors: hands over what was found.
    void report(Instant now, Events& out);

    [[nodiscard]] std::uint64_t lines() const { return lines_; }
    [[nodiscard]] std::size_t templates() const { return templates_.size(); }
    [[nodiscard]] std::size_t memory_bytes() const {
        return templates_.memory_bytes() + sizeof *this;
    }

private:
    struct Rate {
        std::uint32_t id = 0;         // of the template
        std::uint32_t in_window = 0;  // lines in the present window
        std::uint32_t usual_max = 0;  // most lines in a window, fading
        bool told = false;            // of the present window
        bool flood_told = false;
        bool was_there = false;  // in the first window: it had begun before we looked
    };

    void start(Instant now);
    [[nodiscard]] Rate& rate_of(std::uint32_t id);
    void note_new(const LogLine& line, const LogTemplates::Match& match);
    [[nodiscard]] bool is_burst(const LogLine& line, const LogTemplates::Match& match,
                                const Rate& rate) const;
    [[nodiscard]] static bool is_flood(const LogLine& line, const LogTemplates::Match& match,
                                       const Rate& rate);
    void note_burst(const LogLine& line, const LogTemplates::Match& match, Rate& rate);
    void close_window(Instant now);

    LogTemplates templates_;
    std::array<Rate, LogTemplates::kTemplatesMax> rates_{};  // by id, the newest of equal places
    Events found_{16};
    std::uint64_t lines_ = 0;
    std::uint32_t new_in_window_ = 0;
    Instant began_;
    Instant window_began_;
    bool started_ = false;
};

// Whether a line speaks of trouble whatever level it has: many programs log all at one level.
bool names_trouble(std::string_view text);

}  // namespace homeostat
