#include "agent/incidents/timeline.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE(
    "timeline: notes lie in their place by time, each once, and what has no room is counted") {
    Incident incident;
    const Instant start = Instant{} + hours(1);
    for (int i = 0; i < 3; ++i) {
        add_note(incident, {.monotonic_ns = 0, .unix_ns = (3 - i) * 1000}, NoteKind::Kernel,
                 i == 0   ? "last"
                 : i == 1 ? "middle"
                          : "first");
    }
    add_note(incident, start, NoteKind::Kernel, "last");
    REQUIRE(incident.notes.size() == 3);
    CHECK(incident.notes[0].text == "first");
    CHECK(incident.notes[2].text == "last");
    for (int i = 0; i < 10; ++i) {
        FixedString<15> text;
        format_into(text, "note{}", i);
        add_note(incident, start, NoteKind::Log, text);
    }
    CHECK(incident.notes.full());
    CHECK(incident.findings_dropped == 5);
}

TEST_CASE("timeline: an event belongs to the story of its subject and of its resource") {
    struct Row {
        const char* kind;
        EventKind event;
        bool concerns;
    };
    for (const Row& row :
         {Row{"oom_kill", EventKind::OomKill, true},
          Row{"cpu_saturation", EventKind::OomKill, false},
          Row{"disk_saturation", EventKind::IoError, true},
          Row{"filesystem_read_only", EventKind::FilesystemError, true},
          Row{"network_link", EventKind::LinkDown, true},
          Row{"service_failed", EventKind::LinkDown, false},
          Row{"of_my_own", EventKind::OomKill, false}, Row{"", EventKind::UnitFailed, false}}) {
        CAPTURE(row.kind);
        Incident incident;
        incident.kind = row.kind;
        incident.subject = {SubjectKind::Unit, "a.service"};
        Event event;
        event.kind = row.event;
        CHECK(concerns(event, incident) == row.concerns);
        event.subject = incident.subject;
        CHECK(concerns(event, incident));
    }
}

TEST_CASE("timeline: every kind of event has a kind of note") {
    CHECK(note_kind_of(EventKind::PackageChanged) == NoteKind::Change);
    CHECK(note_kind_of(EventKind::LogBurst) == NoteKind::Log);
    CHECK(note_kind_of(EventKind::SourceLost) == NoteKind::Source);
    CHECK(note_kind_of(EventKind::OomKill) == NoteKind::Kernel);
}
