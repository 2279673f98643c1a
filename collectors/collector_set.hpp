// CollectorSet runs the collectors that are due, and knows how each of them fares.
//
// One bad collector never stops the others. An error makes its source "unknown", is counted and
// kept as data; the agent asks next_news() after a tick and logs each reason once. A collector that
// overruns its deadline is quarantined: skipped for twice its interval, then four times, up to ten
// minutes, until it is quick again. One that is merely dear (the process pass on a host with
// thousands of them) runs less often, so that it never takes more than a hundredth of one core. All
// together keep to a budget, too: once a minute, while they take more, those that a host can best
// do without for a while run less often, in the order of degrade_order().
// A source that worked and is gone for a minute is an event, and so is its return. Without /proc
// nothing is known of a host: every source is then unknown, for one reason that is told once.
// Nothing is allocated after the last add().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.hpp"
#include "core/clock.hpp"
#include "core/events.hpp"

namespace homeostat {

enum class CollectorState : std::uint8_t {
    Waiting,  // not run yet
    Ok,
    Unknown,  // its last run failed: what it measures is unknown, not zero
    Failing,  // quarantined: it overran its deadline
    Off,      // this host lacks the source; looked for again every ten minutes
};

std::string_view name_of(CollectorState state);

struct CollectorStatus {
    std::string_view name;  // valid as long as the set
    CollectorState state = CollectorState::Waiting;
    FixedString<255> reason;  // the last error; when Ok what it does not see all the same, or empty
    std::uint64_t runs = 0;
    std::uint64_t errors = 0;
    std::uint64_t overruns = 0;  // deadlines missed
    std::uint32_t overruns_in_row = 0;
    std::uint64_t samples_last = 0;  // appended by the last run
    std::uint64_t samples = 0;       // by all runs
    std::uint32_t slowed = 1;        // times its interval, for the sake of the budget
    Duration took_last;
    Duration took;      // all runs together
    Duration interval;  // at present: the one it was added with, or longer to stay within budget
    Instant next_run;
    Instant last_good;  // meaningful once state has been Ok
};

class CollectorSet {
public:
    static constexpr Duration kDeadline = milliseconds(500);
    static constexpr std::int64_t kIntervalPerRun = 100;  // a run takes at most 1 % of its interval
    static constexpr double kBudget = 0.01;               // of one core, for all: the default
    static constexpr std::uint32_t kSlowedMax = 16;
    static constexpr Duration kBalanceEvery = minutes(1);
    static constexpr Duration kLostAfter = minutes(1);  // without a good run
    static constexpr Duration kLostAgain = minutes(5);  // told again while it lasts

    // Exporters have a series that says whether they are up: their loss is no event.
    enum class Kind : std::uint8_t { Host, Exporter };

    // REQUIRES: before the first run(); interval and deadline are positive.
    void add(std::string_view name, Duration interval, std::unique_ptr<Collector> collector,
             Duration deadline = kDeadline, Kind kind = Kind::Host);

    // Runs what is due at out.at(). The clock measures the collectors, nothing else. `events` hears
    // of sources that are lost and come back; null: nobody does.
    void run(const Root& root, const Clock& clock, Samples& out, Events* events = nullptr);

    // Of one core. REQUIRES: core_share > 0.
    void set_budget(double core_share) { budget_ = core_share; }

    // Who is slowed down, the first first. Who is not named keeps its pace: CPU, memory, pressure,
    // disks, network and what tells of faults.
    static std::span<const std::string_view> degrade_order();

    // The share of one core that collecting takes at present, by the least of each one's last runs.
    [[nodiscard]] double load() const;

    [[nodiscard]] std::span<const CollectorStatus> statuses() const { return statuses_; }
    [[nodiscard]] const CollectorStatus* find(std::string_view name) const;

    // The next status worth a line in the log: a reason not told within the last hour, or the
    // recovery from one that was; or what a collector that is Ok has begun not to see. Null when
    // there is none.
    const CollectorStatus* next_news();

private:
    static constexpr std::size_t kReasonsRemembered = 4;
    static constexpr std::size_t kRunsRemembered = 4;

    struct Told {
        std::uint64_t reason = 0;  // hash of the text
        Instant at;
    };
    struct Slot {
        std::string name;
        Duration interval;
        Duration deadline;
        std::unique_ptr<Collector> collector;
        Duration took[kRunsRemembered];
        std::size_t took_next = 0;
        bool started = false;
        bool news = false;
        bool complained = false;  // since the last good run, and not yet taken back
        Kind kind = Kind::Host;
        bool lost = false;  // told as an event
        Instant lost_told;
        Told told[kReasonsRemembered];
        std::size_t told_next = 0;
        std::uint64_t limit_told = 0;  // hash of the text
    };

    void run_one(std::size_t i, const Root& root, const Clock& clock, Samples& out);
    void settle(std::size_t i, const Status& result, Duration took, Instant now);
    Status seen_through(const Root& root, Status result);
    void tell_losses(Instant now, Events& events);
    void tell(std::size_t i, EventKind kind, Instant now, Events& events);
    void quarantine(std::size_t i, Instant now);
    void complain(std::size_t i, CollectorState state, std::string_view reason, Instant now);
    void note_limit(std::size_t i);
    void schedule(std::size_t i, Instant now);
    void remember(std::size_t i, Duration took);
    void set_interval(std::size_t i);
    void balance();
    [[nodiscard]] Duration least_took(std::size_t i) const;
    [[nodiscard]] double load_of(std::size_t i) const;

    std::vector<Slot> slots_;
    std::vector<CollectorStatus> statuses_;
    double budget_ = kBudget;
    Instant balanced_;
    bool blind_ = false;       // in this tick: there is no /proc
    bool blind_told_ = false;  // since the last good run of anybody
};

}  // namespace homeostat
