// Failed units: asked of systemd now and then, handed to the tick.
//
// FailedUnits is filled by a thread that may wait for a program (agent/unit_survey.hpp);
// FailedUnitsCollector reports it: units_failed_count, unit_failed of each unit that is or was
// failed, and an event when a unit fails or recovers; and for how long a unit has been starting or
// stopping, unit_starting_seconds and unit_stopping_seconds: systemd waits for ever for some. The
// journal tells the moment better where it can be read (collectors/unit_news.hpp); this tells the
// state, whatever happened before our start.
#pragma once

#include <mutex>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"
#include "core/fixed_vector.hpp"

namespace homeostat {

// As sd_booted(3) tells.
bool is_booted_by_systemd(const Root& root);

struct FailedUnit {
    FixedString<127> name;
};

class FailedUnits {
public:
    static constexpr std::size_t kUnitsMax = 64;  // more are counted only

    struct Changing {
        FixedString<127> name;
        bool stopping = false;
    };
    struct State {
        FixedVector<FailedUnit, kUnitsMax> units;
        FixedVector<Changing, kUnitsMax> changing;
        std::uint32_t count = 0;  // of all that are failed
        std::uint64_t surveys = 0;
        Instant at;
        FixedString<159> trouble;  // why the last survey failed; empty: it did not
    };

    // The survey's thread. `text` is systemctl's list.
    void set_list(std::string_view text, Instant now);
    void set_trouble(std::string_view reason, Instant now);

    // The tick's thread.
    void copy_to(State& out) const;

private:
    mutable std::mutex mutex_;
    State state_;
};

class FailedUnitsCollector final : public Collector {
public:
    static constexpr Duration kStaleAfter = minutes(3);  // then the state is unknown
    static constexpr Duration kTellAgain = minutes(5);   // that a unit is still failed

    explicit FailedUnitsCollector(Workbench& bench) : bench_(bench) {}

    // Errc::NotAvailable without systemd, or before the first survey.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    struct Known {
        FixedString<127> name;
        bool failed = false;
        Instant told;
    };

    // A unit that starts or stops, since when we saw it do so; or that did until the last survey.
    struct Change {
        FixedString<127> name;
        bool stopping = false;
        bool over = false;
        Instant since;
    };

    void compare(Instant now);
    void follow_changes(Instant now);
    void tell_changes(Samples& out);
    void remember(const Known& unit);
    void tell(EventKind kind, std::string_view unit, Instant now);

    Workbench& bench_;
    FailedUnits::State state_;
    FixedVector<Known, FailedUnits::kUnitsMax> known_;
    FixedVector<Change, FailedUnits::kUnitsMax> changes_;
    std::uint64_t surveys_seen_ = 0;
};

}  // namespace homeostat
