#include "agent/status.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kOther = "other";

using Counter = std::uint64_t ActionResults::*;

Counter counter_of(const ActionReport& report) {
    if (report.unknown) return &ActionResults::unknown;
    if (!report.reached) return &ActionResults::unreached;
    if (report.undone) return report.failed ? &ActionResults::failed : &ActionResults::rolled_back;
    if (report.waiting) return &ActionResults::waiting;
    if (!report.ran) return &ActionResults::denied;
    if (report.failed) return &ActionResults::failed;
    return report.mode == name_of(ActionMode::Observe) ? &ActionResults::dry_run
                                                       : &ActionResults::ok;
}

ActionLine& line_of(ActionCounts& counts, std::string_view rule) {
    ActionLine fresh;
    fresh.rule.assign(rule);
    for (ActionLine& line : counts.by_rule) {
        if (line.rule == fresh.rule) return line;
    }
    if (counts.by_rule.size() >= ActionCounts::kLinesMax) fresh.rule.assign(kOther);
    (void)counts.by_rule.push(fresh);  // refused: the last one is "other" already
    return counts.by_rule.back();
}

}  // namespace

void ActionCounts::know(std::string_view rule) {
    if (by_rule.size() < kLinesMax) (void)line_of(*this, rule);
}

void ActionCounts::note(const ActionReport& report) {
    const Counter counter = counter_of(report);
    ++(all.*counter);
    ++(line_of(*this, report.rule).results.*counter);
}

}  // namespace homeostat
