#include "collectors/collector_set.hpp"

#include <algorithm>
#include <cassert>

#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr Duration kQuarantineMax = minutes(10);
constexpr Duration kLookAgain = minutes(10);  // for a source that this host lacks
constexpr Duration kTellAgain = hours(1);

Duration doubled(Duration interval, std::uint32_t times) {
    Duration wait = interval;
    for (std::uint32_t i = 0; i < times && wait < kQuarantineMax; ++i) wait = wait * 2;
    return std::min(wait, kQuarantineMax);
}

}  // namespace

std::string_view name_of(CollectorState state) {
    switch (state) {
        case CollectorState::Waiting: return "waiting";
        case CollectorState::Ok: return "ok";
        case CollectorState::Unknown: return "unknown";
        case CollectorState::Failing: return "failing";
        case CollectorState::Off: return "off";
    }
    return "unknown";
}

void CollectorSet::add(std::string_view name, Duration interval,
                       std::unique_ptr<Collector> collector, Duration deadline) {
    assert(interval.ns > 0 && deadline.ns > 0);
    Slot slot;
    slot.name = name;
    slot.interval = interval;
    slot.deadline = deadline;
    slot.collector = std::move(collector);
    slots_.push_back(std::move(slot));
    statuses_.emplace_back().interval = interval;
    // A longer vector moves its strings, and the views must follow.
    for (std::size_t i = 0; i < slots_.size(); ++i) statuses_[i].name = slots_[i].name;
}

void CollectorSet::run(const Root& root, const Clock& clock, Samples& out) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].started || out.at() >= statuses_[i].next_run) run_one(i, root, clock, out);
    }
}

void CollectorSet::run_one(std::size_t i, const Root& root, const Clock& clock, Samples& out) {
    const std::size_t samples_before = out.all().size();
    const Instant began = clock.now();
    const Status result = slots_[i].collector->collect(root, out);
    const Duration took = clock.now() - began;
    statuses_[i].samples_last = out.all().size() - samples_before;
    keep_within_budget(i, took);
    schedule(i, out.at());
    settle(i, result, took, out.at());
}

// By the least of the last runs: being preempted makes a run longer, never shorter.
void CollectorSet::keep_within_budget(std::size_t i, Duration took) {
    Slot& slot = slots_[i];
    slot.took[slot.took_next] = took;
    slot.took_next = (slot.took_next + 1) % kRunsRemembered;
    const Duration least = *std::min_element(std::begin(slot.took), std::end(slot.took));
    statuses_[i].interval = std::max(slot.interval, least * kIntervalPerRun);
}

// The next run is a whole number of intervals after the first, so that ticks which come a little
// late do not add up. Collectors with the same long interval start on different ticks.
void CollectorSet::schedule(std::size_t i, Instant now) {
    CollectorStatus& status = statuses_[i];
    if (!slots_[i].started) {
        slots_[i].started = true;
        const std::int64_t ticks = std::max<std::int64_t>(status.interval.ns / seconds(1).ns, 1);
        const Duration offset = seconds(static_cast<std::int64_t>(i) % ticks);
        status.next_run = now + (status.interval - offset);
        return;
    }
    status.next_run = status.next_run + status.interval;
    if (status.next_run <= now) status.next_run = now + status.interval;  // not caught up
}

void CollectorSet::settle(std::size_t i, const Status& result, Duration took, Instant now) {
    Slot& slot = slots_[i];
    CollectorStatus& status = statuses_[i];
    ++status.runs;
    status.took_last = took;
    if (took > slot.deadline) {
        quarantine(i, now);
        return;
    }
    slot.overruns_in_row = 0;
    if (!result && result.error().code == Errc::NotAvailable) {
        status.next_run = now + kLookAgain;
        complain(i, CollectorState::Off, result.error().text, now);
    } else if (!result) {
        ++status.errors;
        complain(i, CollectorState::Unknown, result.error().text, now);
    } else {
        slot.news = slot.news || slot.complained;
        slot.complained = false;
        status.state = CollectorState::Ok;
        status.reason.clear();
        status.last_good = now;
    }
}

void CollectorSet::quarantine(std::size_t i, Instant now) {
    Slot& slot = slots_[i];
    ++statuses_[i].overruns;
    statuses_[i].next_run = now + doubled(slot.interval, ++slot.overruns_in_row);
    FixedString<255> reason;
    format_into(reason, "took longer than its {} ms: quarantined",
                slot.deadline.ns / milliseconds(1).ns);
    complain(i, CollectorState::Failing, reason, now);
}

void CollectorSet::complain(std::size_t i, CollectorState state, std::string_view reason,
                            Instant now) {
    Slot& slot = slots_[i];
    statuses_[i].state = state;
    statuses_[i].reason = reason;
    const std::uint64_t hash = fnv1a(reason, static_cast<std::uint64_t>(state) + 1);
    for (const Told& told : slot.told) {
        if (told.reason == hash && now - told.at < kTellAgain) return;
    }
    slot.told[slot.told_next] = {hash, now};
    slot.told_next = (slot.told_next + 1) % kReasonsRemembered;
    slot.news = true;
    slot.complained = true;
}

const CollectorStatus* CollectorSet::find(std::string_view name) const {
    for (const CollectorStatus& status : statuses_) {
        if (status.name == name) return &status;
    }
    return nullptr;
}

const CollectorStatus* CollectorSet::next_news() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].news) continue;
        slots_[i].news = false;
        return &statuses_[i];
    }
    return nullptr;
}

}  // namespace homeostat
