// Timeline: which events belong into which incident's story, and the notes that it keeps of them.
#pragma once

#include "core/event.hpp"
#include "core/incident.hpp"

namespace homeostat {

// Adds a line in its place by time, once. What finds no room is counted.
void add_note(Incident& incident, Instant at, NoteKind kind, std::string_view text);

NoteKind note_kind_of(EventKind kind);

// Whether an event of the kernel or the service manager has to do with what the incident is about.
bool concerns(const Event& event, const Incident& incident);

}  // namespace homeostat
