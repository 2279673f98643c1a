#include "actions/actuator.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "actions/built_in_refusals.hpp"
#include "actions/descriptor.hpp"
#include "actions/host_guards.hpp"
#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::uint32_t kRefusalsAuditedPerHour = 120;

}  // namespace

bool is_person(uid_t uid) {
    return uid == 0 || uid == ::geteuid();
}

Status check_undo(const Rule& rule, const AllowedAction& action) {
    if (rule.undo && rule.undo->playbook != action.undo) {
        return make_error(Errc::Denied, "allow-list: line {} does not allow the undo {}",
                          action.line, rule.undo->playbook);
    }
    if (rule.restrain && rule.restrain->length > action.restrain_max) {
        return make_error(Errc::Denied, "allow-list: line {} allows to restrain for {}, not {}",
                          action.line, to_text(action.restrain_max),
                          to_text(rule.restrain->length));
    }
    return Ok{};
}

ActionLimits tighter(const ActionLimits& owner, const RuleLimits& rule) {
    ActionLimits limits = owner;
    if (rule.per_hour) limits.per_hour = std::min(limits.per_hour, *rule.per_hour);
    if (rule.per_day) limits.per_day = std::min(limits.per_day, *rule.per_day);
    if (rule.cooldown) limits.cooldown = std::max(limits.cooldown, *rule.cooldown);
    return limits;
}

Actuator::Actuator(const ActionConfig& config, uid_t watcher_uid, std::string state_directory,
                   ActuatorHost host, AuditLog audit)
    : config_(&config),
      watcher_uid_(watcher_uid),
      state_directory_(std::move(state_directory)),
      host_(host),
      audit_(std::move(audit)),
      refusals_since_(host.clock.now()) {}

Result<Actuator> Actuator::open(const ActionConfig& config, uid_t watcher_uid,
                                const std::string& state_directory, ActuatorHost host) {
    auto audit = AuditLog::open(state_directory, host.clock.now());
    if (!audit) return audit.error();
    return Actuator(config, watcher_uid, state_directory, host, std::move(*audit));
}

void Actuator::replace_config(const ActionConfig& config, uid_t watcher_uid) {
    config_ = &config;
    watcher_uid_ = watcher_uid;
}

Actuator::Answer Actuator::handle(const Peer& peer, std::span<const std::uint8_t> bytes) {
    Answer answer = respond(peer, bytes);
    answer.report.audit_head.assign(to_text(mark_of(audit_.head())));
    return answer;
}

Actuator::Answer Actuator::respond(const Peer& peer, std::span<const std::uint8_t> bytes) {
    Answer answer;
    if (const auto known = check_peer(peer); !known) {
        refuse(answer.report, peer, known.error().text);
        return answer;
    }
    const auto request = decode_request(bytes);
    if (!request) {
        refuse(answer.report, peer, request.error().text);
        return answer;
    }
    answer.nonce = request->nonce;
    answer.report.incident = request->incident;
    // A person's word over everything names no rule: whatever the files say by now, it is heard.
    if (request->opcode >= Opcode::Undo) {
        override_all(*request, peer, answer.report);
        return answer;
    }
    look_for_bundle(peer, request->config_hash != config_->hash);
    if (const auto still = check_peer(peer); !still) {
        refuse(answer.report, peer, still.error().text);
        return answer;
    }
    if (const auto agreed = check_agreement(*request); !agreed) {
        refuse(answer.report, peer, agreed.error().text);
        return answer;
    }
    if (request->opcode == Opcode::Ping) {
        answer_ping(peer, answer.report);
        return answer;
    }
    const auto planned = plan(peer, *request);
    if (request->rule < config_->rules.size()) {
        answer.report.rule = std::string_view(config_->rules[request->rule].name);
        answer.report.playbook = std::string_view(config_->rules[request->rule].playbook);
    }
    if (!planned) {
        refuse(answer.report, peer, planned.error().text);
        return answer;
    }
    if (request->opcode == Opcode::Harm) {
        note_harm(*planned, peer, answer.report);
    } else if (request->opcode == Opcode::Approve) {
        approve(*planned, *request, peer, answer.report);
    } else {
        carry_out(*planned, *request, peer, answer.report);
    }
    return answer;
}

// Also the log's heartbeat: a log that has been silent for an hour although the watcher asks every
// hour has been cut (reliability rule B25).
void Actuator::answer_ping(const Peer& peer, ActionReport& report) {
    if (audit_.silence(host_.clock.now()) >= kAuditHeartbeat) {
        ActionReport heartbeat;
        heartbeat.detail = "nothing happened since the line before";
        if (!record("heartbeat", heartbeat, peer)) return refuse(report, peer, "no audit log");
    }
    format_into(report.detail, "{} rules, {} allowed targets; audit line {} {}",
                config_->rules.size(), config_->allow_list.targets.size(), audit_.head().seq,
                audit_.head().hash.view());
}

// The watcher sees more of the host than the precondition does. Its word is taken here, since it
// can only make us do less.
void Actuator::note_harm(const Plan& plan, const Peer& peer, ActionReport& report) {
    const Descriptor lock = take_lock();
    auto ledger = open_ledger(lock, peer);
    if (!ledger) return refuse(report, peer, ledger.error().text);
    const HarmNote note = ledger->note_harm(plan.rule->name, plan.target->name);
    if (note == HarmNote::NoSuchRun) {
        return refuse(report, peer, "no run of this rule here that could have done harm");
    }
    if (const auto saved = save(*ledger); !saved) return refuse(report, peer, saved.error().text);
    report.effect = Effect::Worse;
    format_into(report.detail, "made matters worse on {}: the breaker is open", plan.target->name);
    // It is in the ledger already. Once for each run: the same word again and again would push out
    // the history.
    if (note == HarmNote::Noted) static_cast<void>(record("harmful", report, peer));
    // A few times at most, however often it is told.
    const LedgerUndo* undo = ledger->undo_of(plan.rule->name, plan.target->name);
    if (undo != nullptr && undo->tries < kUndoTriesMax) {
        take_back(*undo, "it made matters worse", peer, *ledger, report);
    }
}

Status Actuator::check_peer(const Peer& peer) const {
    if (peer.uid == watcher_uid_ || is_person(peer.uid)) return Ok{};
    return make_error(Errc::Denied, "uid {} is not the watcher (uid {})", peer.uid, watcher_uid_);
}

Result<Actuator::Plan> Actuator::plan(const Peer& peer, const ActionRequest& request) const {
    const AllowList& allow_list = config_->allow_list;
    if (request.rule >= config_->rules.size()) {
        return make_error(Errc::Invalid, "there is no rule {}", request.rule);
    }
    Plan plan;
    plan.rule = &config_->rules[request.rule];
    if (!plan.rule->enabled) return make_error(Errc::Denied, "the rule is disabled");
    if (request.target >= allow_list.targets.size()) {
        return make_error(Errc::Denied, "allow-list: no entry for this rule and target");
    }
    plan.target = &allow_list.targets[request.target];
    plan.action = &allow_list.actions[plan.target->action];
    if (plan.action->rule != plan.rule->name || plan.action->playbook != plan.rule->playbook) {
        return make_error(Errc::Denied, "allow-list: no entry for this rule, playbook and target");
    }
    if (const auto allowed = check_undo(*plan.rule, *plan.action); !allowed) return allowed.error();
    choose_mode(peer, request, plan);
    if (const auto free = check_protected(plan); !free) return free.error();
    if (const auto free = check_override(plan); !free) return free.error();
    plan.budget = {.rule = plan.rule->name,
                   .target = plan.target->name,
                   .limits = tighter(plan.action->limits, plan.rule->limits),
                   .host_per_hour = allow_list.host_per_hour,
                   .host_per_day = allow_list.host_per_day,
                   .dry = plan.dry,
                   .approved = plan.approved,
                   .recommended = plan.approved || plan.needs_approval,
                   .below = plan.rule->below
                                ? std::string_view(config_->rules[*plan.rule->below].name)
                                : std::string_view{}};
    return plan;
}

void Actuator::choose_mode(const Peer& peer, const ActionRequest& request, Plan& plan) const {
    ActionMode mode = std::min(
        {request.mode, plan.rule->mode, plan.action->max_mode, config_->allow_list.max_mode});
    const bool owners_own = is_person(peer.uid) && !plan.rule->from_fleet;
    if (is_stale() && !owners_own) mode = ActionMode::Observe;
    plan.dry = mode == ActionMode::Observe;
    plan.approved = mode == ActionMode::Recommend && is_person(peer.uid);
    plan.needs_approval = mode == ActionMode::Recommend && !plan.approved;
}

// The files were checked when they were read. This costs nothing and does not rely on that.
Status Actuator::check_protected(const Plan& plan) const {
    if (plan.target->kind == SubjectKind::Unit) {
        const auto refusal = unit_refusal(plan.target->name);
        if (!refusal.empty()) {
            return make_error(Errc::Denied, "protected: {} is {}", plan.target->name, refusal);
        }
    }
    for (const std::string& path : plan.action->paths) {
        const auto refusal = path_refusal(path);
        if (!refusal.empty()) {
            return make_error(Errc::Denied, "protected: {} is {}", path, refusal);
        }
    }
    return Ok{};
}

Status Actuator::check_override(const Plan& plan) const {
    if (auto free = check_stops(state_directory_); !free) return free;
    if (plan.dry || plan.approved) return Ok{};
    const Instant now = host_.clock.now();
    if (auto free = check_boot_grace(config_->allow_list, now); !free) return free;
    if (auto free = check_turn(config_->allow_list, host_.root, now); !free) return free;
    return plan.action->relief ? Status(Ok{}) : check_pressure(host_.root);
}

void Actuator::refuse(ActionReport& report, const Peer& peer, std::string_view why) {
    report.ran = false;
    report.detail = why;
    const Instant now = host_.clock.now();
    if (now - refusals_since_ >= hours(1)) {
        refusals_since_ = now;
        refusals_ = 0;
    }
    if (refusals_ >= kRefusalsAuditedPerHour) {
        ++refusals_left_;
        return;
    }
    ++refusals_;
    // Nothing was done, so a log that cannot be written stops nothing here.
    if (record("refused", report, peer)) refusals_left_ = 0;
}

Status Actuator::record(std::string_view event, const ActionReport& report, const Peer& peer) {
    const auto incident = report.incident.text();
    const std::string totals =
        fmt::format("ok={} changed={} failed={}", report.ok, report.changed, report.failures);
    const std::string who = fmt::format("uid {} pid {}", peer.uid, peer.pid);
    const std::string left = std::to_string(refusals_left_);
    const std::array<AuditField, 9> fields{{
        {"peer", who},
        {"incident", incident},
        {"rule", report.rule},
        {"playbook", report.playbook},
        {"mode", report.mode},
        {"failed", report.failed ? "yes" : "no"},
        {"totals", totals},
        {"detail", report.detail},
        {"refusals_not_written", left},
    }};
    return audit_.append(event, fields, host_.clock.now());
}

}  // namespace homeostat
