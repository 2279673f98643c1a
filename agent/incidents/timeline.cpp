#include "agent/incidents/timeline.hpp"

#include "agent/incidents/kinds.hpp"

namespace homeostat {

void add_note(Incident& incident, Instant at, NoteKind kind, std::string_view text) {
    for (const IncidentNote& note : incident.notes) {
        if (note.kind == kind && note.text == text) return;
    }
    if (!incident.notes.push({at, kind, text})) ++incident.findings_dropped;
    sort_in_place(incident.notes, [](const IncidentNote& a, const IncidentNote& b) {
        return a.at.unix_ns < b.at.unix_ns;
    });
}

NoteKind note_kind_of(EventKind kind) {
    if (is_change(kind)) return NoteKind::Change;
    if (kind == EventKind::LogBurst || kind == EventKind::LogPatternNew) return NoteKind::Log;
    if (kind == EventKind::SourceLost || kind == EventKind::SourceBack) return NoteKind::Source;
    return NoteKind::Kernel;
}

bool concerns(const Event& event, const Incident& incident) {
    if (!event.subject.name.empty() && event.subject == incident.subject) return true;
    const Resource resource = find_kind(incident.kind).resource;
    switch (event.kind) {
        case EventKind::OomKill: return resource == Resource::Memory;
        case EventKind::HungTask:
        case EventKind::IoError: return resource == Resource::Disk || resource == Resource::Space;
        case EventKind::FilesystemError:
        case EventKind::FilesystemReadOnly: return resource == Resource::Space;
        case EventKind::LinkDown:
        case EventKind::LinkUp:
        case EventKind::TableFull:
        case EventKind::SynFlood: return resource == Resource::Network;
        case EventKind::HardwareError:
        case EventKind::Thermal: return resource == Resource::Hardware;
        case EventKind::CpuStall:
        case EventKind::KernelOops: return resource == Resource::Kernel;
        default: return false;
    }
}

}  // namespace homeostat
