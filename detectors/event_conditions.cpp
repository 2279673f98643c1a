#include "detectors/event_conditions.hpp"

#include <algorithm>

namespace homeostat {
namespace {

// What an ending event never comes for (the unit was removed) is let go after this long.
constexpr Duration kEndedByMax = hours(24 * 7);

bool matches(const Condition& condition, const Event& event) {
    if (condition.event != event.kind) return false;
    if (condition.event_text.empty()) return true;
    return event.text.view().find(condition.event_text) != std::string_view::npos ||
           event.object.view().find(condition.event_text) != std::string_view::npos;
}

}  // namespace

EventConditions::EventConditions(std::span<const Condition> conditions) : conditions_(conditions) {
    held_.reserve(kHeldMax);
}

void EventConditions::note(const Event& event) {
    for (std::size_t row = 0; row < conditions_.size(); ++row) {
        if (!conditions_[row].event) continue;
        if (conditions_[row].ended_by == event.kind) end(row, event);
        if (matches(conditions_[row], event)) count(row, event);
    }
}

void EventConditions::count(std::size_t row, const Event& event) {
    const Condition& condition = conditions_[row];
    auto held = std::find_if(held_.begin(), held_.end(), [&](const Held& known) {
        return known.row == row && known.subject == event.subject;
    });
    if (held == held_.end()) {
        if (held_.size() == held_.capacity()) {
            ++refused_;
            return;
        }
        Held fresh;
        fresh.row = row;
        fresh.subject = event.subject;
        fresh.first = event.at;
        held_.push_back(fresh);
        held = held_.end() - 1;
    }
    // A burst that was not one in time begins anew.
    const bool too_slow = !held->confirmed && condition.event_times > 1 && held->times > 0 &&
                          event.at - held->first > condition.event_within;
    if (too_slow) {
        held->first = event.at;
        held->times = 0;
    }
    ++held->times;
    held->last = event.at;
    held->confirmed = held->confirmed || held->times >= condition.event_times;
}

void EventConditions::end(std::size_t row, const Event& event) {
    std::erase_if(
        held_, [&](const Held& held) { return held.row == row && held.subject == event.subject; });
}

bool EventConditions::is_over(const Held& held, Instant now) const {
    const Condition& condition = conditions_[held.row];
    if (!held.confirmed) return now - held.last > condition.event_within;
    return now - held.last > (condition.ended_by ? kEndedByMax : condition.clear_after);
}

std::size_t EventConditions::report(Instant now, std::vector<Finding>& out) {
    std::erase_if(held_, [&](const Held& held) { return is_over(held, now); });
    std::size_t refused = 0;
    for (const Held& held : held_) {
        if (!held.confirmed) continue;
        const Condition& condition = conditions_[held.row];
        if (out.size() == out.capacity()) {
            ++refused;
            continue;
        }
        Finding finding;
        finding.kind = FindingKind::Condition;
        finding.severity = condition.steps[0].severity;
        finding.condition = condition.name;
        finding.incident = condition.incident;
        finding.subject = held.subject;
        finding.metric = name_of(*condition.event);
        finding.unit = Unit::Count;
        finding.since = held.first;
        finding.value = held.times;
        finding.limit = condition.event_times;
        finding.score = 1;
        out.push_back(finding);
    }
    return refused;
}

}  // namespace homeostat
