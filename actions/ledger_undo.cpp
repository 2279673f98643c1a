// What the ledger knows beside the runs: how they are taken back, and a person's pause.
#include <algorithm>

#include "actions/ledger.hpp"
#include "actions/saturating.hpp"

namespace homeostat {

Status Ledger::remember(const LedgerUndo& undo) {
    forget_undo(undo.rule, undo.target);
    if (undos_.size() >= kUndosMax) {
        return make_error(Errc::Limit, "{} runs wait to be taken back already", kUndosMax);
    }
    undos_.push_back(undo);
    undos_.back().began_ns = time_ns_;
    return Ok{};
}

void Ledger::forget_undo(std::string_view rule, std::string_view target) {
    std::erase_if(
        undos_, [&](const LedgerUndo& undo) { return undo.rule == rule && undo.target == target; });
}

// The next try of a time box comes a while later.
void Ledger::count_try(std::string_view rule, std::string_view target) {
    for (LedgerUndo& undo : undos_) {
        if (undo.rule != rule || undo.target != target) continue;
        ++undo.tries;
        if (undo.until_ns != 0) undo.until_ns = add(time_ns_, kUndoRetry.ns);
    }
}

const LedgerUndo* Ledger::undo_of(std::string_view rule, std::string_view target) const {
    for (const LedgerUndo& undo : undos_) {
        if (undo.rule == rule && undo.target == target) return &undo;
    }
    return nullptr;
}

void Ledger::pause(Duration length) {
    paused_until_ns_ = add(time_ns_, length.ns);
}

std::optional<Duration> Ledger::paused() const {
    if (paused_until_ns_ <= time_ns_) return std::nullopt;
    if (paused_until_ns_ == kPausedForGood.ns) return kPausedForGood;
    return Duration{paused_until_ns_ - time_ns_};
}

// What was set until the next boot is gone after it.
void Ledger::forget_changes() {
    for (LedgerUndo& undo : undos_) undo.changes.clear();
    std::erase_if(undos_, [](const LedgerUndo& undo) { return undo.playbook.empty(); });
}

}  // namespace homeostat
