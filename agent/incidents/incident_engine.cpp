#include "agent/incidents/incident_engine.hpp"

#include <algorithm>
#include <cmath>

#include "agent/incidents/cause_ranking.hpp"
#include "agent/incidents/kinds.hpp"
#include "agent/incidents/membership.hpp"
#include "agent/incidents/narrative.hpp"
#include "agent/incidents/timeline.hpp"

namespace homeostat {
namespace {

// A longer pause between two ticks is a gap (suspend, a stopped agent): nobody was looking.
constexpr Duration kGap = seconds(30);
// The wall clock moved by more than this against the monotonic one: it was set.
constexpr Duration kClockStep = seconds(1);

// More findings of one kind than this, all new in one tick, are one fault seen from many sides.
constexpr std::size_t kFloodMin = 5;

// The same culprit explains two kinds of trouble if they began this near to each other.
constexpr Duration kSameCulpritWithin = seconds(90);

constexpr std::size_t kRecentMax = 8;
constexpr std::uint32_t kFlapDoublingsMax = 4;

bool near_in_time(Instant a, Instant b, Duration within) {
    return (a < b ? b - a : a - b) <= within;
}

}  // namespace

IncidentEngine::IncidentEngine(const IncidentSettings& settings)
    : settings_(settings), random_(settings.seed) {
    incidents_.reserve(settings.incidents_max);
    pending_.reserve(settings.incidents_max);
    changed_.reserve(settings.incidents_max);
    recent_.reserve(kRecentMax);
}

std::span<const Incident> IncidentEngine::run(std::span<const Finding> findings, Instant now,
                                              EvidenceSource& evidence) {
    changed_.clear();
    remove_over();
    watch_clocks(now);
    count_kinds(findings);
    new_findings_ = 0;
    for (const Finding& finding : findings) {
        if (!finding.incident.empty()) take(finding, now, evidence);
    }
    for (const Finding& finding : findings) {
        if (finding.incident.empty()) join_notable(finding, now);
    }
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        look_for_evidence(i, now, evidence);
        look_for_growth(i, evidence);
        weigh_late_changes(i);
        watch_source(i, now, evidence);
        verify(i, now, evidence);
        update_severity(i, now);
        tell(i, now);
    }
    last_run_ = now;
    view_ = incidents_;
    return changed_;
}

// A gap is nobody's calm, and a clock that was set is worth a line in every open story.
void IncidentEngine::watch_clocks(Instant now) {
    if (last_run_.monotonic_ns == 0) return;
    const Duration passed = now - last_run_;
    const Duration step{(now.unix_ns - last_run_.unix_ns) - passed.ns};
    FixedString<143> text;
    if (passed > kGap) {
        format_into(text, "nothing was measured for {}", human_duration(passed.seconds()));
        tell_all(NoteKind::Source, text, now);
        for (Incident& incident : incidents_) incident.last_seen = now;
    } else if (step > kClockStep || Duration{-step.ns} > kClockStep) {
        format_into(text, "the wall clock was set {} by {}", step.ns > 0 ? "forward" : "back",
                    human_duration(std::abs(step.seconds())));
        tell_all(NoteKind::Clock, text, now);
    }
}

void IncidentEngine::tell_all(NoteKind kind, std::string_view text, Instant now) {
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        add_note(incidents_[i], now, kind, text);
        pending_[i].dirty = true;
    }
}

void IncidentEngine::note(const Event& event) {
    events_.note(event);
    const NoteKind kind = note_kind_of(event.kind);
    if (kind == NoteKind::Change) {
        note_change(event);
        return;
    }
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        if (kind != NoteKind::Source && !concerns(event, incidents_[i])) continue;
        add_note(incidents_[i], event.at, kind, event.text);
        pending_[i].dirty = true;
    }
}

// Weighed when an incident opens; what is heard of later, a walk over files takes its time, then.
void IncidentEngine::note_change(const Event& event) {
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        Incident& incident = incidents_[i];
        if (event.at >= incident.opened || !is_relevant(event, incident)) continue;
        pending_[i].late_change = true;
        constexpr std::size_t kRoomLeft = 2;  // for what is yet to come
        if (incident.notes.size() + kRoomLeft >= incident.notes.capacity()) continue;
        add_note(incident, event.at, NoteKind::Change, event.text);
        pending_[i].dirty = true;
    }
}

// How many findings of each kind no incident knows yet: many of one kind at once are one fault.
void IncidentEngine::count_kinds(std::span<const Finding> findings) {
    new_kinds_.clear();
    std::size_t looked_at = 0;
    for (const Finding& finding : findings) {
        if (finding.incident.empty()) continue;
        if (++looked_at > kNewPerTickMax) return;  // more would change nothing
        const bool known =
            std::any_of(incidents_.begin(), incidents_.end(), [&](const Incident& incident) {
                return incident.kind == finding.incident && incident.subject == finding.subject;
            });
        if (known) continue;
        auto* count = std::find_if(new_kinds_.begin(), new_kinds_.end(),
                                   [&](const KindCount& k) { return k.kind == finding.incident; });
        if (count != new_kinds_.end()) {
            ++count->count;
        } else {
            (void)new_kinds_.push({finding.incident, 1});
        }
    }
}

bool IncidentEngine::comes_in_a_flood(std::string_view kind) const {
    return std::any_of(new_kinds_.begin(), new_kinds_.end(), [&](const KindCount& count) {
        return count.kind == kind && count.count >= kFloodMin;
    });
}

void IncidentEngine::take(const Finding& finding, Instant now, EvidenceSource& evidence) {
    if (join_known(finding, now)) return;
    if (preferences_.holds_back(finding, now)) {
        ++findings_held_back_;
        return;
    }
    if (finding.source_silent) return;  // nothing opens on what was true once
    if (++new_findings_ > kNewPerTickMax) {
        ++findings_dropped_;
        for (Incident& incident : incidents_) {
            if (incident.kind != finding.incident) continue;
            ++incident.findings_dropped;
            incident.last_seen = now;
            return;
        }
        return;
    }
    take_new(finding, now, evidence);
}

void IncidentEngine::take_new(const Finding& finding, Instant now, EvidenceSource& evidence) {
    const Subject beneath = evidence.beneath(finding.subject);
    if (join_kin(finding, beneath, now)) return;
    if (join_flood(finding, now)) return;
    if (reopen(finding, beneath, now)) return;
    if (join_culprit(finding, now, evidence)) return;
    open_incident(finding, beneath, now, evidence);
}

bool IncidentEngine::join_known(const Finding& finding, Instant now) {
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        const Incident& incident = incidents_[i];
        const bool own = incident.kind == finding.incident && incident.subject == finding.subject;
        if (!own && find_known(incidents_[i], finding) == nullptr) continue;
        join(i, finding, now);
        return true;
    }
    return false;
}

bool IncidentEngine::join_kin(const Finding& finding, const Subject& beneath, Instant now) {
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        const Incident& incident = incidents_[i];
        const FaultSide open{incident.kind, incident.subject, pending_[i].beneath,
                             pending_[i].since};
        const FaultSide later{finding.incident, finding.subject, beneath, finding.since};
        if (!is_one_fault(open, later)) continue;
        join(i, finding, now);
        return true;
    }
    return false;
}

bool IncidentEngine::join_flood(const Finding& finding, Instant now) {
    if (!comes_in_a_flood(finding.incident)) return false;
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        if (incidents_[i].kind != finding.incident || !pending_[i].flood) continue;
        join(i, finding, now);
        return true;
    }
    return false;
}

// Who uses up the processor and the disk at once is one fault, not two.
bool IncidentEngine::join_culprit(const Finding& finding, Instant now, EvidenceSource& evidence) {
    const auto may_be = [&](const Incident& incident) {
        const auto i = static_cast<std::size_t>(&incident - incidents_.data());
        return near_in_time(pending_[i].since, finding.since, kSameCulpritWithin) &&
               std::any_of(incident.causes.begin(), incident.causes.end(), [](const Cause& cause) {
                   return cause.name.view().starts_with("process:");
               });
    };
    if (std::none_of(incidents_.begin(), incidents_.end(), may_be)) return false;
    Incident alone;
    alone.kind = finding.incident;
    alone.subject = finding.subject;
    alone.onset = finding.since;
    (void)alone.findings.push(finding);
    alone.processes = evidence.processes_for(finding.subject, finding.incident);
    const auto ranked = rank_causes(alone, events_, settings_.cause_confidence_min);
    if (ranked.causes.empty() || !ranked.causes[0].name.view().starts_with("process:"))
        return false;
    for (std::size_t i = 0; i < incidents_.size(); ++i) {
        if (!may_be(incidents_[i])) continue;
        const auto& known = incidents_[i].causes;
        const bool same = std::any_of(known.begin(), known.end(), [&](const Cause& cause) {
            return cause.name == ranked.causes[0].name;
        });
        if (!same) continue;
        join(i, finding, now);
        return true;
    }
    return false;
}

bool IncidentEngine::reopen(const Finding& finding, const Subject& beneath, Instant now) {
    for (std::size_t i = 0; i < recent_.size(); ++i) {
        Incident& over = recent_[i];
        if (over.kind != finding.incident || !(over.subject == finding.subject)) continue;
        if (now - over.ended > settings_.reopen_within) continue;
        if (incidents_.size() == settings_.incidents_max) return false;
        Incident incident = over;
        recent_.erase(recent_.begin() + static_cast<std::ptrdiff_t>(i));
        incident.state = IncidentState::Open;
        incident.ended = Instant{};
        ++incident.flaps;
        FixedString<143> text;
        format_into(text, "it came back after {}",
                    human_duration((now - incident.last_seen).seconds()));
        add_note(incident, now, NoteKind::Flap, text);
        incident.last_seen = now;
        merge(incident, finding, now);
        incidents_.push_back(incident);
        Pending pending;
        pending.dirty = true;
        pending.urgent = true;
        pending.told = now;       // it has been told before: its seq goes on
        pending.reopened = true;  // this time it may be somebody else
        pending.growth_known = true;
        pending.beneath = beneath;
        pending.since = finding.since;
        pending_.push_back(pending);
        return true;
    }
    return false;
}

void IncidentEngine::join(std::size_t i, const Finding& finding, Instant now) {
    if (merge(incidents_[i], finding, now)) pending_[i].dirty = true;
    if (!finding.source_silent) incidents_[i].last_seen = now;
}

void IncidentEngine::open_incident(const Finding& finding, const Subject& beneath, Instant now,
                                   EvidenceSource& evidence) {
    if (incidents_.size() == settings_.incidents_max) {
        ++refused_;
        return;
    }
    Incident incident;
    incident.id = make_incident_id(now.unix_ns, {random_(), random_()});
    incident.kind = finding.incident;
    incident.subject = finding.subject;
    incident.onset = finding.since;
    incident.opened = now;
    incident.last_seen = now;
    const Counsel counsel = evidence.counsel_for(finding.condition);
    incident.advice = counsel.advice;
    incident.remedy = counsel.remedy;
    merge(incident, finding, now);
    add_history(incident);
    incidents_.push_back(incident);
    Pending pending;
    pending.dirty = true;
    pending.urgent = true;
    pending.beneath = beneath;
    pending.flood = comes_in_a_flood(finding.incident);
    pending.since = incident.onset;
    pending_.push_back(pending);
    ++opened_;
}

// What happened shortly before, the newest first: it must not crowd out what is yet to come.
void IncidentEngine::add_history(Incident& incident) const {
    constexpr std::size_t kHistoryMax = 4;
    for (std::size_t i = 0; i < events_.size() && incident.notes.size() < kHistoryMax; ++i) {
        const Event& event = events_.newest(i).event;
        if (!is_relevant(event, incident)) continue;
        if (is_change(event.kind) || concerns(event, incident)) {
            add_note(incident, event.at, note_kind_of(event.kind), event.text);
        }
    }
}

// What is merely notable belongs to the story of its subject, if there is one.
void IncidentEngine::join_notable(const Finding& finding, Instant now) {
    for (Incident& incident : incidents_) {
        if (incident.subject == finding.subject) merge(incident, finding, now);
    }
}

void IncidentEngine::update_severity(std::size_t i, Instant now) {
    Incident& incident = incidents_[i];
    sort_by_lead(incident, now);
    const auto severity = severity_of(incident, now);
    if (!severity || *severity == incident.severity) return;
    pending_[i].urgent = pending_[i].urgent || *severity > incident.severity;
    pending_[i].dirty = true;
    incident.severity = *severity;
    incident.peak_severity = std::max(incident.peak_severity, *severity);
}

void IncidentEngine::tell(std::size_t i, Instant now) {
    Pending& pending = pending_[i];
    Incident& incident = incidents_[i];
    const bool over =
        now - incident.last_seen >= calm_for(incident) && !pending.verifying && !incident.uncertain;
    const bool due =
        pending.dirty && (pending.urgent || now - pending.told >= settings_.update_interval);
    if (!over && !due) return;
    const bool first = pending.told.monotonic_ns == 0;
    if (!first) ++incident.seq;
    if (over) {
        incident.state = IncidentState::Resolved;
        incident.ended = incident.last_seen;
    }
    incident.updated = now;
    incident.summary = summarize(incident);
    pending.dirty = false;
    pending.urgent = false;
    pending.told = now;
    changed_.push_back(incident);
}

// One that flaps has to be calm for longer, each time twice as long.
Duration IncidentEngine::calm_for(const Incident& incident) const {
    return settings_.calm_for * (std::int64_t{1} << std::min(incident.flaps, kFlapDoublingsMax));
}

void IncidentEngine::remove_over() {
    for (std::size_t i = incidents_.size(); i > 0; --i) {
        if (!incidents_[i - 1].is_over()) continue;
        if (recent_.size() == recent_.capacity()) recent_.erase(recent_.begin());
        recent_.push_back(incidents_[i - 1]);
        incidents_.erase(incidents_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
}

std::size_t IncidentEngine::index_of(const IncidentId& id) const {
    const auto found = std::find_if(incidents_.begin(), incidents_.end(),
                                    [&id](const Incident& incident) { return incident.id == id; });
    return static_cast<std::size_t>(found - incidents_.begin());
}

bool IncidentEngine::restore(const Incident& incident, Instant now) {
    if (incident.is_over() || incidents_.size() == settings_.incidents_max) return false;
    Incident restored = incident;
    // The monotonic clock of another boot means nothing here: place the past by the wall clock.
    const auto rebase = [now](Instant& at) {
        const std::int64_t age = std::max<std::int64_t>(0, now.unix_ns - at.unix_ns);
        at.monotonic_ns = now.monotonic_ns - age;
    };
    rebase(restored.onset);
    rebase(restored.opened);
    for (Finding& finding : restored.findings) {
        rebase(finding.since);
        rebase(finding.last_held);
    }
    restored.last_seen = now;  // it gets a full calm_for to show itself again
    if (restored.state == IncidentState::Acting) restored.state = IncidentState::Open;
    incidents_.push_back(restored);
    Pending pending;
    pending.told = now;
    pending.evidence_looks = kEvidenceAfter.size();
    pending.growth_known = true;
    pending.beneath = restored.subject;
    pending.since = restored.onset;
    pending_.push_back(pending);
    view_ = incidents_;
    return true;
}

}  // namespace homeostat
