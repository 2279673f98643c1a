#include "actions/joins.hpp"

#include <algorithm>

namespace homeostat {

Joins::Joins(const std::vector<Rule>& rules) : rules_(rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].join == Join::One) continue;
        Joint joint;
        joint.rule = i;
        joint.parts.resize(rules[i].condition.parts());
        joints_.push_back(std::move(joint));
    }
}

const Joins::Joint* Joins::find(std::size_t rule) const {
    const auto found = std::find_if(joints_.begin(), joints_.end(),
                                    [&](const Joint& joint) { return joint.rule == rule; });
    return found == joints_.end() ? nullptr : &*found;
}

bool Joins::is_open(const Part& part, Instant now) {
    return part.held && now - part.seen <= kSeenLately;
}

void Joins::see(const Incident& incident, Instant now) {
    if (incident.is_over()) return;
    for (Joint& joint : joints_) {
        const Rule& rule = rules_[joint.rule];
        for (std::size_t i = 0; i < joint.parts.size(); ++i) {
            if (!rule.condition.part_holds(i, incident)) continue;
            Part& part = joint.parts[i];
            const bool same = part.held && part.incident == incident.id;
            if (!same && is_open(part, now)) continue;  // another one speaks for this part
            if (!same || !is_open(part, now)) part.since = now;
            part.held = true;
            part.incident = incident.id;
            part.seen = now;
            if (rule.join == Join::NotAll) watch(joint, rule.timeout, part, now);
        }
    }
}

// What was there already when the last window ended belonged to that one.
void Joins::watch(Joint& joint, Duration timeout, const Part& part, Instant now) {
    Window& window = joint.window;
    const Instant end = std::max(window.seen + kSeenLately, window.began + timeout);
    if (!window.begun || part.since > end) {
        window = {
            .begun = true, .complete = false, .lead = part.incident, .began = now, .seen = now};
    }
    if (window.lead == part.incident) window.seen = now;
    window.complete = window.complete ||
                      std::all_of(joint.parts.begin(), joint.parts.end(),
                                  [&](const Part& p) { return p.held && p.seen >= window.began; });
}

bool Joins::holds(std::size_t number, const Incident& incident, Instant now) const {
    const Rule& rule = rules_[number];
    const Joint* joint = find(number);
    if (joint == nullptr) return rule.condition.holds(incident);
    if (rule.join == Join::NotAll) {
        const Window& window = joint->window;
        return window.begun && window.lead == incident.id && !window.complete &&
               now - window.seen <= kSeenLately && now - window.began >= rule.timeout;
    }
    if (rule.condition.holds(incident)) return true;
    const Duration window = std::max(rule.timeout, kSeenLately);
    const bool all = std::all_of(joint->parts.begin(), joint->parts.end(), [&](const Part& part) {
        return part.held && now - part.seen <= window;
    });
    if (!all) return false;
    const auto lead = std::find_if(joint->parts.begin(), joint->parts.end(),
                                   [&](const Part& part) { return is_open(part, now); });
    return lead != joint->parts.end() && lead->incident == incident.id;
}

}  // namespace homeostat
