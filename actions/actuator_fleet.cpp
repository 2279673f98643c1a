// The actuator's side of a fleet: what a bundle changes about the guards (actuator.hpp).
#include "actions/actuator.hpp"
#include "actions/fleet_actions.hpp"

namespace homeostat {

namespace {

constexpr uid_t kNoUid = static_cast<uid_t>(-1);

}  // namespace

// The owner may have changed what is allowed while we were up, called for something else: who edits
// allow.yml and restarts the watch should not have to know of us. What cannot be read leaves the
// old files in force. Another watcher is believed at our next start, and the old one no longer.
void Actuator::read_again() {
    const std::string watcher = config_->allow_list.watcher;
    (void)host_.files->reload(host_.clock.now());
    config_ = &host_.files->current();
    if (config_->allow_list.watcher != watcher) watcher_uid_ = kNoUid;
}

// `again`: the caller means other rules than these, so the files or the bundle may have changed.
// What became of it is audited, like any word that was given or refused.
void Actuator::look_for_bundle(const Peer& peer, bool again) {
    if (host_.files == nullptr) return;
    if (again) read_again();
    host_.files->note_end(host_.clock.now());
    const auto news = host_.files->take_news();
    if (!news) return;
    ActionReport note;
    if (!news->taken) return refuse(note, peer, news->text);
    note.detail = std::string_view(news->text);
    static_cast<void>(record("bundle", note, peer));  // it is in the memory of the gate already
}

// Both sides go by the same files. Where they differ in the fleet's bundle alone, the owner's rules
// are the first of both, and have the same numbers.
Status Actuator::check_agreement(const ActionRequest& request) const {
    if (request.config_hash == config_->hash) return Ok{};
    const std::string* why =
        host_.files == nullptr ? nullptr : host_.files->untaken(request.config_hash);
    if (why == nullptr) {
        return make_error(Errc::Denied,
                          "the rules or the allow-list changed on disk: reload both programs");
    }
    const bool names_rule = request.opcode != Opcode::Ping && request.opcode < Opcode::Undo;
    if (names_rule && request.rule >= config_->rules.size()) {
        return make_error(Errc::Denied, "{}", *why);
    }
    return Ok{};
}

std::int64_t Actuator::unix_time() const {
    const Instant now = host_.clock.now();
    return host_.files == nullptr ? now.unix_ns : host_.files->time_of(now);
}

bool Actuator::is_stale() const {
    return unix_time() >= config_->stale_from_unix_ns;
}

bool Actuator::approved_by_fleet(const Plan& plan, const ActionRequest& request,
                                 const Ledger& ledger) const {
    const std::int64_t now = unix_time();
    const auto incident = request.incident.text();
    for (const BundleApproval& approval : config_->fleet.approvals) {
        if (!covers(approval, *plan.rule, plan.target->name, incident.view(), now)) continue;
        if (approval.times == 0) return true;
        // A playbook may belong to several rules: each run of any approved rule uses one up.
        const Duration window{now - approval.from_unix_ns};
        if (ledger.approved_runs(approval.rule, approval.target, window) < approval.times) {
            return true;
        }
    }
    return false;
}

Status Actuator::note_use_of_fleet(const Plan& plan) {
    if (plan.dry || host_.files == nullptr || config_->fleet.name.empty()) return Ok{};
    return host_.files->note_use(host_.clock.now());
}

}  // namespace homeostat
