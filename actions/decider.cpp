#include "actions/decider.hpp"

#include <algorithm>

#include "core/format.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

// What a group of a throttle has in common, as a number.
std::uint64_t key_of(std::uint16_t rule, const Throttle& throttle, const Incident& incident) {
    std::uint64_t key = mix(rule + 1ULL);
    for (const std::string_view field : throttle.group_by) {
        const auto value = incident_field(incident, field);
        key = mix(key + 1);
        if (!value) continue;
        if (const auto* text = std::get_if<std::string_view>(&*value)) key = fnv1a(*text, key);
        if (const auto* number = std::get_if<double>(&*value)) {
            FixedString<31> text;
            format_into(text, "{}", *number);
            key = fnv1a(text.view(), key);
        }
        if (const auto* truth = std::get_if<bool>(&*value)) key = mix(key ^ (*truth ? 2U : 1U));
    }
    return key;
}

// `wait` the first time, twice that the second, and so on.
Duration doubled(Duration wait, std::uint32_t times, Duration most) {
    for (std::uint32_t i = 1; i < times && wait < most; ++i) wait = wait * 2;
    return std::min(wait, most);
}

// By the incident's own story: how the newest run of this rule ended.
bool ended_as(const Rule& rule, const Incident& incident,
              std::initializer_list<std::string_view> states) {
    bool ended = false;
    for (const ActionRecord& action : incident.actions) {
        if (action.rule != rule.name) continue;
        const bool over = action.state == "effective" || action.state == "failed" ||
                          action.state == "ineffective";
        if (!over) continue;
        ended = std::any_of(states.begin(), states.end(),
                            [&](std::string_view state) { return action.state == state; });
    }
    return ended;
}

std::string_view name_of(const Subject& target) {
    return target.kind == SubjectKind::Host ? "host" : target.name.view();
}

bool has_failed(const Rule& rule, const Incident& incident) {
    return ended_as(rule, incident, {"failed", "ineffective"});
}

}  // namespace

bool is_control(const IncidentId& incident) {
    const auto text = incident.text();
    return mix(fnv1a(text.view())) % kControlOneIn == 0;
}

Decider::Decider(const ActionConfig& config, DeciderOptions options)
    : config_(config),
      options_(options),
      joins_(config.rules),
      memories_(std::max<std::size_t>(options.incidents_max, 1)),
      groups_(std::max<std::size_t>(options.incidents_max, 1)) {}

std::optional<Decision> Decider::decide(const Incident& incident, Instant now) {
    if (!started_) started_ = now;
    if (incident.is_over()) return std::nullopt;
    joins_.see(incident, now);
    const auto first = first_match(incident, now);
    if (!first) return std::nullopt;
    const std::uint16_t rule = choose_rung(*first, incident, now);
    Memory& memory = memory_of(incident.id, rule, now);
    if (!is_due(memory, incident, now)) return std::nullopt;
    if (!passes_throttle(memory, incident, now)) return std::nullopt;
    const Decision decision = make_decision(rule, incident, now);
    memory.severity = incident.severity;
    memory.decided = now;
    memory.asked = decision.allowed;
    memory.in_grace = in_grace(now);
    memory.in_storm = is_storm(rule, now);
    const Duration wait = wait_for_turn(decision, now);
    memory.turn = wait.ns > 0 ? std::optional(now + wait) : std::nullopt;
    memory.waiting = false;
    ++memory.times;
    return decision;
}

// Only what is done by itself waits: a person who approves decides about the moment too.
Duration Decider::wait_for_turn(const Decision& decision, Instant now) const {
    if (decision.mode != ActionMode::Auto) return Duration{};
    return until_turn(config_.allow_list.fleet, options_.host_id, now.unix_ns);
}

std::optional<Decision> Decider::decision_behind(const ActionRecord& action,
                                                 const Incident& incident) const {
    for (std::size_t i = 0; i < config_.rules.size(); ++i) {
        if (action.rule != config_.rules[i].name) continue;
        Decision decision;
        decision.rule = static_cast<std::uint16_t>(i);
        decision.rule_name = action.rule;
        decision.playbook = action.playbook;
        decision.target = config_.allow_list.find_target(action, incident);
        if (decision.target == kNoTarget) return std::nullopt;
        return decision;
    }
    return std::nullopt;
}

void Decider::tick(Instant now) {
    if (!started_ || (last_tick_ && now - *last_tick_ > kGapMax)) started_ = now;
    last_tick_ = now;
}

void Decider::note(const ActionReport& report) {
    for (Memory& memory : memories_) {
        if (!memory.in_use || memory.incident != report.incident || memory.times == 0) continue;
        if (report.rule != config_.rules[memory.rule].name) continue;
        memory.waiting = report.waiting;
        if (report.reached) {
            memory.unreached = 0;
            if (!report.ran && !report.unknown) ++memory.lost;  // refused: nothing was done
            continue;
        }
        ++memory.lost;
        ++memory.unreached;
    }
}

const Rule* Decider::rule_of(const Decision& decision) const {
    return decision.rule < config_.rules.size() ? &config_.rules[decision.rule] : nullptr;
}

std::optional<std::uint16_t> Decider::first_match(const Incident& incident, Instant now) const {
    for (std::size_t i = 0; i < config_.rules.size(); ++i) {
        const Rule& rule = config_.rules[i];
        if (!rule.enabled || rule.below) continue;
        if (joins_.holds(i, incident, now)) return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
}

// The gentlest that has not failed on this incident yet; when all have, the hardest. A rung that is
// disabled, or whose own condition does not hold, is left out.
std::uint16_t Decider::choose_rung(std::uint16_t rule, const Incident& incident,
                                   Instant now) const {
    std::uint16_t chosen = rule;
    for (const std::uint16_t next : config_.rules[rule].rungs) {
        if (!has_failed(config_.rules[chosen], incident)) break;
        const Rule& rung = config_.rules[next];
        if (!rung.enabled || !joins_.holds(next, incident, now)) continue;
        chosen = next;
    }
    return chosen;
}

// Counted anew from what is in memory: an incident is there once per rule, and one that is over
// was not seen any more.
bool Decider::is_storm(std::uint16_t rule, Instant now) const {
    std::size_t count = 0;
    for (const Memory& memory : memories_) {
        if (memory.in_use && memory.rule == rule && now - memory.seen < kSeenLately) ++count;
    }
    return count >= kStormIncidents;
}

// Edge-triggered: the first time, when it got worse, and when an action that was asked for has had
// its cooldown and the incident still holds.
bool Decider::is_due(const Memory& memory, const Incident& incident, Instant now) const {
    if (memory.times == 0 || incident.severity > memory.severity) return true;
    if (memory.in_grace) return !in_grace(now);
    if (memory.in_storm) return !is_storm(memory.rule, now);
    if (memory.turn) return now >= *memory.turn;
    if (!memory.asked) return false;
    const Duration wait = wait_before_retry(memory);
    const bool helped = ended_as(config_.rules[memory.rule], incident, {"effective"});
    return now - memory.decided >= (helped ? std::max(wait, kRestAfterEffect) : wait);
}

// As the actuator counts it, so that it is not asked in vain.
Duration Decider::wait_before_retry(const Memory& memory) const {
    if (memory.unreached > 0)
        return doubled(kUnreachedRetryMin, memory.unreached, kUnreachedRetryMax);
    if (memory.waiting) return kApprovalRetry;
    const Duration wait = std::max(cooldown_of(config_.rules[memory.rule]), kRetryMin);
    return doubled(wait, memory.times - memory.lost, kCooldownMax);
}

Duration Decider::cooldown_of(const Rule& rule) const {
    Duration wait = ActionLimits{}.cooldown;
    for (const AllowedAction& action : config_.allow_list.actions) {
        if (action.rule == rule.name && action.playbook == rule.playbook) {
            wait = action.limits.cooldown;
        }
    }
    return rule.limits.cooldown ? std::max(wait, *rule.limits.cooldown) : wait;
}

bool Decider::in_grace(Instant now) const {
    return now - *started_ < options_.grace;
}

bool Decider::passes_throttle(Memory& memory, const Incident& incident, Instant now) {
    const Throttle& throttle = config_.rules[memory.rule].throttle;
    if (throttle.kind == Throttle::Kind::None) return true;
    Group& group = group_of(key_of(memory.rule, throttle, incident), now);
    const bool window_is_open = group.matches > 0 && now - group.first < throttle.window;
    switch (throttle.kind) {
        case Throttle::Kind::OnceWithin:
            if (window_is_open) return false;
            group.first = now;
            group.matches = 1;
            return true;
        case Throttle::Kind::OnceAfter:
            if (group.matches == 0) {
                group.first = now;
                group.matches = 1;
            }
            if (window_is_open || now - group.first < throttle.window) return false;
            group.matches = 0;
            return true;
        case Throttle::Kind::AccumulateWithin: return accumulate(group, memory, throttle, now);
        case Throttle::Kind::None: break;
    }
    return true;
}

// An incident that goes on is one match in a window, however often it is looked at.
bool Decider::accumulate(Group& group, Memory& memory, const Throttle& throttle, Instant now) {
    if (group.matches == 0 || now - group.first >= throttle.window) {
        group.first = now;
        group.matches = 0;
    }
    const bool counted = group.matches > 0 && memory.counted && *memory.counted >= group.first;
    if (!counted) {
        ++group.matches;
        memory.counted = now;
    }
    if (group.matches < throttle.threshold) return false;
    group.matches = 0;
    return true;
}

Decider::Memory& Decider::memory_of(const IncidentId& incident, std::uint16_t rule, Instant now) {
    Memory* oldest = &memories_[0];
    for (Memory& memory : memories_) {
        if (memory.in_use && memory.incident == incident && memory.rule == rule) {
            memory.seen = now;
            return memory;
        }
        if (!oldest->in_use) continue;
        if (!memory.in_use || memory.seen < oldest->seen) oldest = &memory;
    }
    if (oldest->in_use) ++forgotten_;
    *oldest = {};
    oldest->incident = incident;
    oldest->rule = rule;
    oldest->in_use = true;
    oldest->seen = now;
    return *oldest;
}

Decider::Group& Decider::group_of(std::uint64_t key, Instant now) {
    Group* oldest = &groups_[0];
    for (Group& group : groups_) {
        if (group.in_use && group.key == key) {
            group.seen = now;
            return group;
        }
        if (!oldest->in_use) continue;
        if (!group.in_use || group.seen < oldest->seen) oldest = &group;
    }
    if (oldest->in_use) ++forgotten_;
    *oldest = {};
    oldest->key = key;
    oldest->in_use = true;
    oldest->seen = now;
    return *oldest;
}

// No harder one above it that could still be tried.
bool Decider::is_last_rung(const Rule& rule, const Incident& incident, Instant now) const {
    for (std::size_t i = 0; i < config_.rules.size(); ++i) {
        const Rule& other = config_.rules[i];
        const bool above = other.below && &config_.rules[*other.below] == &rule;
        if (!above) continue;
        if (other.enabled && joins_.holds(i, incident, now)) return false;
        return is_last_rung(other, incident, now);
    }
    return true;
}

Decision Decider::make_decision(std::uint16_t number, const Incident& incident, Instant now) const {
    const Rule& rule = config_.rules[number];
    Decision decision;
    decision.rule = number;
    decision.rule_name = std::string_view(rule.name);
    decision.playbook = std::string_view(rule.playbook);
    decision.mode = rule.mode;
    decision.last_rung = is_last_rung(rule, incident, now);
    decision.target = kNoTarget;
    if (const auto target = rule.target_for(incident)) {
        decision.target = config_.allow_list.find_target(rule.name, rule.playbook, *target);
        if (!(*target == incident.subject)) decision.target_name = name_of(*target);
    }
    judge(rule, incident, now, decision);
    return decision;
}

void Decider::judge(const Rule& rule, const Incident& incident, Instant now,
                    Decision& decision) const {
    if (!config_.has_allow_list) {
        decision.guard = Guard::NoAllowList;
        format_into(decision.why, "there is no allow.yml: nothing is allowed on this host");
        return;
    }
    if (decision.target == kNoTarget) {
        decision.guard = Guard::NotAllowed;
        const auto target = rule.target_for(incident);
        if (target) {
            format_into(decision.why, "allow.yml has no entry for rule '{}' on '{}'", rule.name,
                        name_of(*target));
        } else {
            format_into(decision.why, "nobody knows which unit is to blame");
        }
        return;
    }
    const AllowedAction& action =
        config_.allow_list.actions[config_.allow_list.targets[decision.target].action];
    decision.mode = std::min({rule.mode, action.max_mode, config_.allow_list.max_mode});
    if (now.unix_ns >= config_.stale_from_unix_ns && decision.mode != ActionMode::Observe) {
        decision.mode = ActionMode::Observe;
        decision.allowed = true;
        format_into(decision.why, "the fleet's bundle ended {}: only observing until a newer comes",
                    rfc3339(config_.stale_from_unix_ns));
        return;
    }
    if (in_grace(now) && decision.mode != ActionMode::Observe) {
        decision.guard = Guard::Grace;
        format_into(decision.why, "only observing in the first {} after a start or a gap",
                    human_duration(options_.grace.seconds()));
        return;
    }
    if (is_storm(decision.rule, now) && decision.mode != ActionMode::Observe) {
        decision.guard = Guard::Storm;
        format_into(decision.why, "{} or more incidents at once for this rule: a person is needed",
                    kStormIncidents);
        return;
    }
    if (const Duration wait = wait_for_turn(decision, now); wait.ns > 0) {
        decision.guard = Guard::Turn;
        format_into(decision.why, "fleet: the turn of this host comes in {}",
                    human_duration(wait.seconds()));
        return;
    }
    if (decision.mode == ActionMode::Recommend && is_control(incident.id)) {
        decision.mode = ActionMode::Observe;
        format_into(decision.why, "one in {} is only watched, to know what doing nothing leads to",
                    kControlOneIn);
        decision.allowed = true;
        return;
    }
    decision.allowed = true;
    switch (decision.mode) {
        case ActionMode::Observe:
            format_into(decision.why, "mode observe: a dry run says what would be done");
            return;
        case ActionMode::Recommend:
            format_into(decision.why, "mode recommend: waits for a person's approval");
            return;
        case ActionMode::Auto:
            format_into(decision.why, "allowed by allow.yml line {}", action.line);
            return;
    }
}

}  // namespace homeostat
