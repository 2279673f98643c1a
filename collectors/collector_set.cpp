#include "collectors/collector_set.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "core/format.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr Duration kQuarantineMax = minutes(10);
constexpr Duration kLookAgain = minutes(10);  // for a source that this host lacks
constexpr Duration kTellAgain = hours(1);
constexpr const char* kProof = "proc/stat";  // every Linux has it
constexpr std::string_view kBlind = "there is no /proc: nothing is known of this host";

// First what costs most and changes least, last what culprits are named from.
constexpr std::array<std::string_view, 12> kDegradeOrder{
    "deleted_files", "sysctls", "ports",        "sensors",        "fabric", "links",
    "failed_units",  "limits",  "file_changes", "process_health", "units",  "processes"};

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
                       std::unique_ptr<Collector> collector, Duration deadline, Kind kind) {
    assert(interval.ns > 0 && deadline.ns > 0);
    Slot slot;
    slot.name = name;
    slot.interval = interval;
    slot.deadline = deadline;
    slot.collector = std::move(collector);
    slot.kind = kind;
    slots_.push_back(std::move(slot));
    statuses_.emplace_back().interval = interval;
    // A longer vector moves its strings, and the views must follow.
    for (std::size_t i = 0; i < slots_.size(); ++i) statuses_[i].name = slots_[i].name;
}

void CollectorSet::run(const Root& root, const Clock& clock, Samples& out, Events* events) {
    blind_ = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].started || out.at() >= statuses_[i].next_run) run_one(i, root, clock, out);
    }
    if (out.at() - balanced_ >= kBalanceEvery) {
        balanced_ = out.at();
        balance();
    }
    if (events != nullptr) tell_losses(out.at(), *events);
}

void CollectorSet::run_one(std::size_t i, const Root& root, const Clock& clock, Samples& out) {
    const std::size_t samples_before = out.all().size();
    const Instant began = clock.now();
    const Status result = seen_through(root, slots_[i].collector->collect(root, out));
    const Duration took = clock.now() - began;
    statuses_[i].samples_last = out.all().size() - samples_before;
    statuses_[i].samples += statuses_[i].samples_last;
    remember(i, took);
    set_interval(i);
    schedule(i, out.at());
    settle(i, result, took, out.at());
}

// A collector that finds nothing says that this host lacks its source. Where /proc itself is
// missing, that is not what it means: a host without a name for its memory, disks and processes is
// not known to be well.
Status CollectorSet::seen_through(const Root& root, Status result) {
    if (result || result.error().code != Errc::NotAvailable) return result;
    if (!blind_) {
        std::array<char, 1> probe{};
        const auto stat = root.read(kProof, probe);  // too large for the probe: it is there
        blind_ = !stat && stat.error().code == Errc::NotFound;
    }
    if (!blind_) return result;
    return make_error(Errc::NotFound, "{}", kBlind);
}

// By the least of the last runs: being preempted makes a run longer, never shorter.
Duration CollectorSet::least_took(std::size_t i) const {
    return *std::min_element(std::begin(slots_[i].took), std::end(slots_[i].took));
}

void CollectorSet::remember(std::size_t i, Duration took) {
    Slot& slot = slots_[i];
    slot.took[slot.took_next] = took;
    slot.took_next = (slot.took_next + 1) % kRunsRemembered;
}

void CollectorSet::set_interval(std::size_t i) {
    CollectorStatus& status = statuses_[i];
    status.interval = std::max(slots_[i].interval, least_took(i) * kIntervalPerRun) *
                      static_cast<std::int64_t>(status.slowed);
}

double CollectorSet::load_of(std::size_t i) const {
    return least_took(i).seconds() / statuses_[i].interval.seconds();
}

double CollectorSet::load() const {
    double sum = 0;
    for (std::size_t i = 0; i < slots_.size(); ++i) sum += load_of(i);
    return sum;
}

std::span<const std::string_view> CollectorSet::degrade_order() {
    return kDegradeOrder;
}

// From scratch each time, so that what was slowed down recovers when there is room again.
void CollectorSet::balance() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        statuses_[i].slowed = 1;
        set_interval(i);
    }
    for (const std::string_view name : kDegradeOrder) {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (statuses_[i].name != name || slots_[i].kind != Kind::Host) continue;
            while (statuses_[i].slowed < kSlowedMax && load() > budget_) {
                statuses_[i].slowed *= 2;
                set_interval(i);
            }
        }
    }
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
    status.took = status.took + took;
    if (took > slot.deadline) {
        quarantine(i, now);
        return;
    }
    status.overruns_in_row = 0;
    if (!result && result.error().code == Errc::NotAvailable) {
        status.next_run = now + kLookAgain;
        complain(i, CollectorState::Off, result.error().text, now);
    } else if (!result) {
        ++status.errors;
        complain(i, CollectorState::Unknown, result.error().text, now);
    } else {
        slot.news = slot.news || slot.complained;
        slot.complained = false;
        blind_told_ = false;
        status.state = CollectorState::Ok;
        status.last_good = now;
        note_limit(i);
    }
}

void CollectorSet::note_limit(std::size_t i) {
    const std::string_view limit = slots_[i].collector->limit();
    statuses_[i].reason = limit;
    if (limit.empty()) return;
    const std::uint64_t hash = fnv1a(limit, 0);
    if (std::exchange(slots_[i].limit_told, hash) != hash) slots_[i].news = true;
}

void CollectorSet::quarantine(std::size_t i, Instant now) {
    Slot& slot = slots_[i];
    ++statuses_[i].overruns;
    statuses_[i].next_run = now + doubled(slot.interval, ++statuses_[i].overruns_in_row);
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
    if (blind_ && std::exchange(blind_told_, true)) return;
    slot.told[slot.told_next] = {hash, now};
    slot.told_next = (slot.told_next + 1) % kReasonsRemembered;
    slot.news = true;
    slot.complained = true;
}

void CollectorSet::tell_losses(Instant now, Events& events) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Slot& slot = slots_[i];
        const CollectorStatus& status = statuses_[i];
        const bool was_good = status.last_good.monotonic_ns != 0;
        if (!was_good || slot.kind == Kind::Exporter) continue;
        const bool ails =
            status.state == CollectorState::Unknown || status.state == CollectorState::Failing;
        if (!ails) {
            if (slot.lost) tell(i, EventKind::SourceBack, now, events);
            slot.lost = false;
        } else if (now - status.last_good >= std::max(kLostAfter, status.interval * 3) &&
                   (!slot.lost || now - slot.lost_told >= kLostAgain)) {
            tell(i, EventKind::SourceLost, now, events);
            slot.lost = true;
            slot.lost_told = now;
        }
    }
}

void CollectorSet::tell(std::size_t i, EventKind kind, Instant now, Events& events) {
    Event event{.at = now, .kind = kind, .subject = {}, .object = statuses_[i].name, .text = {}};
    if (kind == EventKind::SourceLost) {
        format_into(event.text, "{} is unknown: {}", statuses_[i].name, statuses_[i].reason);
    } else {
        format_into(event.text, "{} is known again", statuses_[i].name);
    }
    events.add(event);
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
