#include "collectors/failed_units.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"
#include "collectors/unit_list.hpp"

namespace homeostat {
namespace {

constexpr Metric kCount{"units_failed_count", Unit::Count, MetricKind::Gauge, Aspect::Errors};
constexpr Metric kFailed{"unit_failed", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kStarting{"unit_starting_seconds", Unit::Seconds, MetricKind::Gauge,
                           Aspect::Other};
constexpr Metric kStopping{"unit_stopping_seconds", Unit::Seconds, MetricKind::Gauge,
                           Aspect::Errors};
constexpr std::array kMetrics{kCount, kFailed, kStarting, kStopping};

}  // namespace

bool is_booted_by_systemd(const Root& root) {
    return root.list("run/systemd/system", [](std::string_view) { return false; }).has_value();
}

void FailedUnits::set_list(std::string_view text, Instant now) {
    const std::lock_guard lock(mutex_);
    state_.units.clear();
    state_.changing.clear();
    state_.count = 0;
    (void)parse_unit_list(text, [&](const UnitLine& unit) {
        // One that waits to be restarted is not at work on its start.
        const bool stopping = unit.active == "deactivating";
        if (stopping || (unit.active == "activating" && unit.sub != "auto-restart")) {
            (void)state_.changing.push({.name = unit.unit, .stopping = stopping});
        }
        if (unit.active != "failed") return;
        ++state_.count;
        (void)state_.units.push({.name = unit.unit});
    });
    state_.trouble.clear();
    state_.at = now;
    ++state_.surveys;
}

void FailedUnits::set_trouble(std::string_view reason, Instant now) {
    const std::lock_guard lock(mutex_);
    state_.trouble = reason;
    if (state_.surveys == 0) state_.at = now;
}

void FailedUnits::copy_to(State& out) const {
    const std::lock_guard lock(mutex_);
    out = state_;
}

Status FailedUnitsCollector::collect(const Root& root, Samples& out) {
    if (bench_.failed_units() == nullptr || !is_booted_by_systemd(root)) {
        return make_error(Errc::NotAvailable, "failed_units: no systemd to ask");
    }
    bench_.failed_units()->copy_to(state_);
    const Instant now = out.at();
    if (state_.surveys == 0) {
        if (state_.trouble.empty()) return Ok{};  // the first survey is on its way
        return make_error(Errc::Failed, "failed_units: {}", state_.trouble);
    }
    if (now - state_.at > kStaleAfter) {
        return make_error(
            Errc::Timeout, "failed_units: {}",
            state_.trouble.empty() ? "no answer from systemd" : state_.trouble.view());
    }
    compare(now);
    tell_changes(out);
    out.add(kCount, state_.count);
    for (const Known& unit : known_) {
        out.add(kFailed, {.kind = SubjectKind::Unit, .name = unit.name.view()},
                unit.failed ? 1 : 0);
    }
    return Ok{};
}

void FailedUnitsCollector::compare(Instant now) {
    if (state_.surveys != surveys_seen_) {
        surveys_seen_ = state_.surveys;
        follow_changes(now);
        for (Known& known : known_) {
            const bool failed =
                std::any_of(state_.units.begin(), state_.units.end(),
                            [&](const FailedUnit& unit) { return unit.name == known.name; });
            if (known.failed && !failed) tell(EventKind::UnitStarted, known.name, now);
            if (!known.failed && failed) known.told = Instant{};
            known.failed = failed;
        }
        for (const FailedUnit& unit : state_.units) {
            const bool is_known =
                std::any_of(known_.begin(), known_.end(),
                            [&](const Known& known) { return known.name == unit.name; });
            if (!is_known) remember({.name = unit.name, .failed = true, .told = {}});
        }
    }
    for (Known& known : known_) {
        const bool due = known.told.monotonic_ns == 0 || now - known.told >= kTellAgain;
        if (!known.failed || !due) continue;
        known.told = now;
        tell(EventKind::UnitFailed, known.name, now);
    }
}

// What is over is told once more, as 0: a series that just stops would be unknown instead.
void FailedUnitsCollector::follow_changes(Instant now) {
    FixedVector<Change, FailedUnits::kUnitsMax> next;
    for (const FailedUnits::Changing& unit : state_.changing) {
        Change change{.name = unit.name, .stopping = unit.stopping, .over = false, .since = now};
        for (const Change& known : changes_) {
            const bool same = known.name == unit.name && known.stopping == unit.stopping;
            if (same && !known.over) change.since = known.since;
        }
        (void)next.push(change);
    }
    for (const Change& known : changes_) {
        const bool lasts = std::any_of(next.begin(), next.end(), [&](const Change& change) {
            return change.name == known.name && change.stopping == known.stopping;
        });
        if (known.over || lasts) continue;
        Change ended = known;
        ended.over = true;
        (void)next.push(ended);
    }
    changes_ = next;
}

void FailedUnitsCollector::tell_changes(Samples& out) {
    for (const Change& change : changes_) {
        out.add(change.stopping ? kStopping : kStarting,
                {.kind = SubjectKind::Unit, .name = change.name.view()},
                change.over ? 0 : (out.at() - change.since).seconds());
    }
}

// A full table forgets a unit that has recovered.
void FailedUnitsCollector::remember(const Known& unit) {
    if (known_.push(unit)) return;
    for (Known& known : known_) {
        if (known.failed) continue;
        known = unit;
        return;
    }
}

void FailedUnitsCollector::tell(EventKind kind, std::string_view unit, Instant now) {
    Event event{.at = now,
                .kind = kind,
                .subject = {.kind = SubjectKind::Unit, .name = unit},
                .object = unit,
                .text = {}};
    format_into(event.text, "{} {}", unit,
                kind == EventKind::UnitFailed ? "is failed" : "is no longer failed");
    bench_.events().add(event);
}

std::span<const Metric> FailedUnitsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
