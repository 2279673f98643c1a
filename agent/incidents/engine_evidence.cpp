// IncidentEngine's looks at the host: who did it, where it grew, how its series went.
#include "agent/incidents/cause_ranking.hpp"
#include "agent/incidents/incident_engine.hpp"
#include "agent/incidents/kinds.hpp"
#include "agent/incidents/timeline.hpp"

namespace homeostat {

void IncidentEngine::look_for_evidence(std::size_t i, Instant now, EvidenceSource& evidence) {
    Pending& pending = pending_[i];
    if (pending.evidence_looks >= kEvidenceAfter.size()) return;
    if (pending.evidence_looks == 0) pending.evidence_at = now;
    if (now - pending.evidence_at < kEvidenceAfter[pending.evidence_looks]) return;
    ++pending.evidence_looks;
    look_for_causes(i, evidence);
    look_at_series(i, evidence);
}

// A later look replaces an earlier one only if it is surer: the culprit may be gone by then.
void IncidentEngine::look_for_causes(std::size_t i, EvidenceSource& evidence) {
    Incident& incident = incidents_[i];
    Incident looked = incident;
    const auto processes = evidence.processes_for(incident.subject, incident.kind);
    if (!processes.empty() || pending_[i].reopened) looked.processes = processes;
    if (const auto peer = evidence.peer(); !peer.address.empty()) {
        looked.peer = peer.address;
        looked.peer_share = peer.share;
    }
    rank_again(i, looked);
}

// What is found later joins what is known of the onset.
void IncidentEngine::look_for_growth(std::size_t i, EvidenceSource& evidence) {
    Incident& incident = incidents_[i];
    const SubjectKind about = incident.subject.kind;
    const bool fills_up =
        (incident.kind == "filesystem_space" || incident.kind == "filesystem_inodes") &&
        about == SubjectKind::Mount;
    const bool holds_memory = find_kind(incident.kind).resource == Resource::Memory &&
                              (about == SubjectKind::Host || about == SubjectKind::Process);
    if (pending_[i].growth_known || (!fills_up && !holds_memory)) return;
    const auto grown = evidence.grown_beneath(incident.subject, incident.kind, incident.onset);
    if (!grown) return;
    pending_[i].growth_known = true;
    incident.grown = *grown;
    // It may make less sure of who seemed to have done it.
    if (!grown->path.empty()) incident.considered.clear();
    rank_again(i, incident);
}

void IncidentEngine::weigh_late_changes(std::size_t i) {
    if (!pending_[i].late_change) return;
    pending_[i].late_change = false;
    rank_again(i, incidents_[i]);
}

void IncidentEngine::rank_again(std::size_t i, const Incident& looked) {
    Incident& incident = incidents_[i];
    const RankedCauses ranked = rank_causes(looked, events_, settings_.cause_confidence_min);
    const double before = incident.considered.empty() ? 0 : incident.considered[0].confidence;
    const double after = ranked.considered.empty() ? 0 : ranked.considered[0].confidence;
    if (pending_[i].reopened) {
        if (ranked.causes.empty()) return;  // then it is still the last time's
        pending_[i].reopened = false;
        pending_[i].dirty = true;
        pending_[i].urgent =
            incident.causes.empty() || !(incident.causes[0].name == ranked.causes[0].name);
    } else if (after < before) {
        return;
    }
    const auto first = [](const Incident& of) {
        return of.causes.empty() ? FixedString<47>{} : of.causes[0].name;
    };
    const FixedString<47> before_name = first(incident);
    incident.processes = looked.processes;
    incident.peer = looked.peer;
    incident.peer_share = looked.peer_share;
    incident.considered = ranked.considered;
    incident.causes = ranked.causes;
    if (!incident.causes.empty() && !(first(incident) == before_name)) {
        pending_[i].dirty = true;
        pending_[i].urgent = true;  // who did it is what a person wants next
    }
}

// The leading series as it was at the onset, and the others beside it.
void IncidentEngine::look_at_series(std::size_t i, EvidenceSource& evidence) {
    Incident& incident = incidents_[i];
    if (incident.findings.empty()) return;
    const bool first = incident.snippet.values.empty();
    if (!first && pending_[i].evidence_looks < kEvidenceAfter.size()) return;
    incident.snippet =
        evidence.snippet_of(incident.findings[0].metric, incident.findings[0].subject);
    incident.related.clear();
    for (const Finding& finding : incident.findings) {
        if (finding.metric == incident.snippet.metric) continue;
        const Snippet snippet = evidence.snippet_of(finding.metric, finding.subject);
        if (snippet.values.empty() || !incident.related.push(snippet)) continue;
    }
}

// While nobody measures what it is about, it neither ends nor grows worse.
void IncidentEngine::watch_source(std::size_t i, Instant now, EvidenceSource& evidence) {
    Incident& incident = incidents_[i];
    if (incident.findings.empty()) return;
    const Finding& lead = incident.findings[0];
    const bool held_now = lead.last_held == now;
    bool silent = held_now && lead.source_silent;
    if (!held_now && incident.uncertain) silent = !evidence.value_of(lead.metric, lead.subject);
    if (silent == incident.uncertain) return;
    incident.uncertain = silent;
    FixedString<143> text;
    format_into(text, "{} is {}", lead.metric,
                silent ? "no longer measured: it may be over, or worse" : "measured again");
    add_note(incident, now, NoteKind::Source, text);
    incident.last_seen = now;
    pending_[i].dirty = true;
    pending_[i].urgent = true;
}

}  // namespace homeostat
