// UnitNews reads what systemd says of its units in the journal: started, stopped, restarted,
// failed.
//
// Messages are told apart by MESSAGE_ID (systemd's sd-messages.h), never by their words, and only
// process 1 is believed. A service whose run failed but which systemd starts again at once has not
// failed, it was restarted: so a failure is told two seconds later, unless a restart was scheduled.
#pragma once

#include "collectors/journal_file.hpp"
#include "core/events.hpp"
#include "core/files.hpp"
#include "core/fixed_vector.hpp"

namespace homeostat {

// Whether a timer starts this service: there is a timer of the same name ("a@b" has "a@").
bool has_timer(const Files& files, std::string_view unit);

class UnitNews {
public:
    // Takes one entry of the journal in.
    void read(const JournalEntry& entry, const Files& files, Instant now, Events& events);

    // Once a tick: tells the failures that have waited long enough.
    void settle(Instant now, Events& events);

    [[nodiscard]] std::uint64_t restarts() const { return restarts_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    static constexpr std::size_t kPendingMax = 64;

    struct Failure {
        FixedString<127> unit;
        FixedString<191> text;
        Instant at;
    };

    void note_failure(const JournalEntry& entry, Instant now, Events& events);
    void forget_failure(std::string_view unit);

    FixedVector<Failure, kPendingMax> pending_;
    std::uint64_t restarts_ = 0;
    std::uint64_t failures_ = 0;
};

// True for a unit whose comings and goings are news: services, mounts, sockets, swaps. Sessions,
// slices, scopes and targets come and go all day.
bool is_notable_unit(std::string_view name);

}  // namespace homeostat
