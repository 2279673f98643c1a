#include "agent/fleet/fleet_steward.hpp"

#include <algorithm>

#include "collectors/registry.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kToldMax = 64;  // then it may be told again

// The agent's own. A first run or two may fail while a host starts.
void look_at_collectors(const AgentStatus& status, AgentHealth& health) {
    constexpr std::uint64_t kTries = 3;
    for (const CollectorLine& line : status.collectors) {
        const CollectorRow* row = find_collector(line.name.view());
        if (row == nullptr) continue;
        const auto place = static_cast<std::size_t>(row - collector_rows().data());
        if (place >= health.collectors.size()) continue;
        CollectorHealth& collector = health.collectors[place];
        collector.misses = line.misses;
        collector.unknown = line.state == CollectorState::Unknown;
        collector.mute = collector.unknown && line.runs >= kTries && line.errors == line.runs;
        health.samples += line.samples;
    }
}

}  // namespace

void FleetSteward::step(Instant now) {
    if (wants_reload_) return;  // the watch reads what the keeper says: it must not change
    if (now - polled_ >= kDirectoryInterval || polled_.monotonic_ns == 0) {
        polled_ = now;
        heed_operator(now);
        note_age(now);
        if (!wants_reload_) poll_sources(now);
    }
    if (wants_reload_) return;
    poll_opamp(now);
    bool on_trial = false;
    bool due = false;
    {
        const std::lock_guard lock(keeper_mutex_);
        on_trial = parts_.keeper.on_trial();
        due = parts_.keeper.due(now, word_);
    }
    if (on_trial) {
        judge(now);
        return;
    }
    note_calm(now);
    if (due) start_trial(now);
}

// What the agent costs and how much it says when nothing is tried: the older of two looks is from
// one to two stretches ago.
void FleetSteward::note_calm(Instant now) {
    if (calm_ && now - calm_->at < kCalmStretch) return;
    earlier_ = calm_;
    calm_ = health(now);
}

void FleetSteward::poll_sources(Instant now) {
    const auto hand_over = [&](std::string_view text, std::string_view signature,
                               const std::string& source) {
        const OfferEnd end = offer(text, signature, source, now).end;
        return end != OfferEnd::Refused;
    };
    directory_.poll(now, hand_over);
    if (network_) url_.poll(now, network_->fetcher, hand_over);
    if (url_.problem() != url_problem_) {
        url_problem_ = url_.problem();
        if (url_problem_.empty()) {
            parts_.log.write(LogLevel::Info, "fleet: the server answers again");
        } else {
            parts_.log.write(LogLevel::Warning, "fleet: {}", url_problem_);
        }
    }
}

void FleetSteward::poll_opamp(Instant now) {
    if (!opamp_ || !network_) return;
    OpampView view;
    view.effective_config = effective_;
    {
        const std::lock_guard lock(seen_mutex_);
        view.health = health_.components();
    }
    if (view.health.empty()) return;  // the watch has not spoken yet: nothing is known
    RolloutRecord record;
    {
        const std::lock_guard lock(keeper_mutex_);
        record = parts_.keeper.record();
    }
    opamp_->poll(now, *network_, std::move(view), record,
                 [&](std::string_view text, std::string_view signature) {
                     return offer(text, signature, "the OpAMP server", now);
                 });
    send_metrics(now);
    {
        const std::lock_guard lock(seen_mutex_);
        opamp_status_ = opamp_->status(record);
    }
    if (opamp_->problem() == opamp_problem_) return;
    opamp_problem_ = opamp_->problem();
    if (opamp_problem_.empty()) {
        parts_.log.write(LogLevel::Info, "fleet: the OpAMP server answers");
    } else {
        parts_.log.write(LogLevel::Warning, "fleet: OpAMP: {}", opamp_problem_);
    }
}

void FleetSteward::send_metrics(Instant now) {
    if (!opamp_->sends_metrics()) return;
    AgentHealth usage;
    parts_.measure(usage);
    AgentStatus status;
    {
        const std::lock_guard lock(seen_mutex_);
        status = status_;
    }
    opamp_->send_metrics(now, network_->fetcher, status, usage);
}

OfferAnswer FleetSteward::offer(std::string_view text, std::string_view signature,
                                const std::string& source, Instant now) {
    OfferAnswer answer;
    {
        const std::lock_guard lock(keeper_mutex_);
        answer = parts_.keeper.offer(text, signature, now, parts_.check, word_, source);
    }
    if (answer.end == OfferEnd::Unchanged) return answer;
    if (answer.end == OfferEnd::Waiting) {
        parts_.log.write(LogLevel::Info, "fleet: {}: version {} is good and waits its turn", source,
                         answer.bundle.version);
        return answer;
    }
    if (told_.size() >= kToldMax) told_.clear();
    if (told_.insert(source + answer.text).second) {
        const bool refused = answer.end == OfferEnd::Refused;
        parts_.log.write(refused ? LogLevel::Error : LogLevel::Info, "fleet: {}: {}: {}", source,
                         refused ? "refused" : "not taken", answer.text);
    }
    return answer;
}

void FleetSteward::heed_operator(Instant now) {
    word_ = directory_.operator_word();
    if (word_.left.empty()) return;
    const std::string& last = word_.left.back();
    const std::lock_guard lock(keeper_mutex_);
    const auto left = parts_.keeper.leave(last, now);
    if (!left) return;  // not in force: nothing to leave
    before_.reset();
    parts_.log.write(LogLevel::Warning, "fleet: the operator left bundle {}", last.substr(0, 12));
    wants_reload_ = true;
}

void FleetSteward::start_trial(Instant now) {
    const std::lock_guard lock(keeper_mutex_);
    const auto started = parts_.keeper.start_trial(now);
    if (!started) {
        parts_.log.write(LogLevel::Error, "fleet: {}", started.error().text);
        return;
    }
    before_ = health(now);
    if (!earlier_) earlier_ = calm_;
    probation_.reset();
    const BundleHeader& header = parts_.keeper.in_force()->header;
    parts_.log.write(LogLevel::Info, "fleet: {} {} comes into force, on probation for {}",
                     header.id, header.version, to_text(header.rollout.probation).view());
    wants_reload_ = true;
}

std::optional<AgentHealth> FleetSteward::health(Instant now) {
    std::optional<AgentHealth> out;
    {
        const std::lock_guard lock(seen_mutex_);
        out = seen_;
    }
    if (!out) return out;
    out->at = now;
    parts_.measure(*out);
    return out;
}

void FleetSteward::judge(Instant now) {
    const std::lock_guard lock(keeper_mutex_);
    const auto current = health(now);
    if (!current) return;  // the watch has not spoken yet: then there is no trial to end either
    const Bundle* bundle = parts_.keeper.in_force();
    if (bundle == nullptr) return;
    if (!probation_) begin_probation(*current);
    Duration tick;
    {
        const std::lock_guard seen(seen_mutex_);
        tick = tick_;
    }
    const Verdict verdict = probation_->look(*current, tick, bundle->header.rollout.probation);
    if (verdict.end == TrialEnd::GoesOn) return;
    if (verdict.end == TrialEnd::RollBack) {
        (void)parts_.keeper.roll_back(now, verdict.text);
        parts_.log.write(LogLevel::Error, "fleet: rolled back: {}", verdict.text);
        wants_reload_ = true;
        return;
    }
    const auto kept = parts_.keeper.keep(now);
    if (!kept) return;  // the disk takes no writes: it stays on trial, and is tried again
    parts_.log.write(LogLevel::Info, "fleet: {} {} is kept{}{}", bundle->header.id,
                     bundle->header.version, verdict.text.empty() ? "" : ", although ",
                     verdict.text);
}

void FleetSteward::begin_probation(const AgentHealth& start) {
    AgentHealth before = before_.value_or(start);
    if (!before_) {  // before a restart nobody has counted: what never answers may never have
        for (CollectorHealth& collector : before.collectors) collector.unknown = true;
    }
    probation_.emplace(before, before_ && earlier_ ? *earlier_ : before, start);
}

void FleetSteward::observe(const AgentStatus& status) {
    AgentHealth health;
    health.at = status.at;
    health.ticks = status.ticks;
    health.incidents_opened = status.incidents_opened;
    look_at_collectors(status, health);
    const std::lock_guard lock(seen_mutex_);
    seen_ = health;
    health_.observe(status);
    if (opamp_) status_ = status;
}

void FleetSteward::observe(const CourierSnapshot& courier) {
    const std::lock_guard lock(seen_mutex_);
    health_.observe(courier);
}

// A bundle that has ended stays, and everything is only observed (section 7, rule 3).
void FleetSteward::note_age(Instant now) {
    std::string why;
    {
        const std::lock_guard lock(keeper_mutex_);
        const Bundle* bundle = parts_.keeper.in_force();
        if (bundle != nullptr && now.unix_ns >= bundle->header.expires_unix_ns) {
            why = fmt::format("{} ended {}", bundle->header.version,
                              rfc3339(bundle->header.expires_unix_ns).view());
        }
    }
    if (!why.empty() && !stale_told_) {
        parts_.log.write(LogLevel::Warning,
                         "fleet: the bundle is stale: {}: actions are only observed until a newer "
                         "one comes, or `homeostat config rollback`",
                         why);
    }
    stale_told_ = !why.empty();
    const std::lock_guard lock(seen_mutex_);
    health_.set_stale(std::move(why));
}

void FleetSteward::describe(OpampStatus& status) const {
    const std::lock_guard lock(seen_mutex_);
    status = opamp_status_;
}

void FleetSteward::begin(Duration tick, OpampNetwork network) {
    const std::lock_guard lock(seen_mutex_);
    network_.emplace(network);
    opamp_status_.used = opamp_.has_value();
    effective_ = opamp_ ? parts_.effective() : std::string();
    tick_ = tick;
    seen_.reset();
    probation_.reset();
    calm_.reset();
    wants_reload_ = false;
}

void FleetSteward::refused(std::string_view why, Instant now) {
    const std::lock_guard lock(keeper_mutex_);
    if (parts_.keeper.on_trial()) (void)parts_.keeper.roll_back(now, why);
    wants_reload_ = false;
}

std::optional<Bundle> FleetSteward::in_force() const {
    const std::lock_guard lock(keeper_mutex_);
    const Bundle* bundle = parts_.keeper.in_force();
    return bundle == nullptr ? std::nullopt : std::optional<Bundle>(*bundle);
}

}  // namespace homeostat
