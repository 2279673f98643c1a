// Incident is the product: one fault, told once, from its onset to its end.
//
// A plain struct of fixed size. Stages pass it along by copy, so a queue of them is sized at start.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "core/finding.hpp"
#include "core/fixed_vector.hpp"
#include "core/subject.hpp"
#include "core/time.hpp"

namespace homeostat {

// A UUIDv7 (RFC 9562): the incident's name, constant for its life, sortable by birth.
struct IncidentId {
    std::array<std::uint8_t, 16> bytes{};

    friend auto operator<=>(const IncidentId&, const IncidentId&) = default;
    [[nodiscard]] FixedString<36> text() const;  // "019ab3c4-..."
};

// REQUIRES: random carries 74 bits that no other incident of this fleet has.
IncidentId make_incident_id(std::int64_t unix_ns, std::array<std::uint64_t, 2> random);

// Reads the text form back; nothing if it is not 36 characters of a UUID.
std::optional<IncidentId> parse_incident_id(std::string_view text);

enum class IncidentState : std::uint8_t {
    Open,      // it holds
    Acting,    // a remedy is running or being verified
    Resolved,  // over
    GivenUp,   // still holds, and our remedies are used up: a person is needed
};

std::string_view name_of(IncidentState state);

// A process that has to do with the incident. No arguments: they hold secrets.
struct ProcessUse {
    std::int32_t pid = 0;
    std::uint64_t start_ticks = 0;  // /proc/PID/stat field 22: tells a reused pid
    FixedString<31> name;           // comm
    FixedString<127> unit;          // systemd unit, when known: as its Subject is named
    double cpu_ratio = 0;           // of one core
    double rss_bytes = 0;
    double write_bytes_per_second = 0;
    double rss_growth_bytes_per_second = 0;
    std::uint32_t open_files = 0;  // on the incident's subject
    std::uint32_t namesakes = 0;   // processes of this name that are told of together
    std::uint32_t threads = 0;     // of them
    double share = 0;              // of what all processes use of the resource in question
    double sockets = 0;            // that the incident is about, or what waits in them
};

// Where most of what changed lately on a file system lies.
struct GrownPlace {
    FixedString<191> path;    // of a directory, or of a file; empty: nothing stands out
    bool is_file = false;     // it is a single file
    double bytes = 0;         // on disk, of what changed
    std::uint32_t files = 0;  // that changed
    double share = 0;         // of all that changed: of the bytes, or of the files
    double of_used = 0;       // of all that is used: of the space, or of the inodes
};

struct Cause {
    FixedString<95> text;         // "writer (pid 4711) writes 1.2 MiB/s to /srv"
    FixedString<47> name;         // short and host-independent: "process:writer"
    double confidence = 0;        // in [0,1]
    FixedString<111> pro = {};    // what speaks for it
    FixedString<79> contra = {};  // ... and against it
};

enum class NoteKind : std::uint8_t {
    Change,  // a package, a file, a unit, a port: shortly before or during the incident
    Kernel,  // a line of the kernel's log
    Log,     // a line of another log
    Source,  // what we measure with came or went: until it is back we do not know
    Clock,   // the wall clock was set
    Flap,    // it seemed to be over, and came back
    Person,  // feedback, a silence
};

std::string_view name_of(NoteKind kind);

// One line of the incident's timeline.
struct IncidentNote {
    Instant at;
    NoteKind kind = NoteKind::Change;
    FixedString<143> text;
};

struct ActionRecord {
    FixedString<63> rule;
    FixedString<63> playbook;
    FixedString<127> target;  // as allow.yml writes it; empty: the incident's subject
    FixedString<15> mode;     // observe, recommend, auto
    FixedString<15> state;    // planned, waiting, running, ok, failed, refused, unknown; then
                              // effective, ineffective, worse
    FixedString<159> detail;  // why refused, or what it did
    Instant at;
    double before = 0;  // the metric it must move, before and after,
    double after = 0;
    double expected = 0;  // and what it was heading for by then without the action
};

// The newest samples of the leading series at onset, oldest first.
struct Snippet {
    static constexpr std::size_t kPoints = 32;
    FixedString<63> metric;
    double step_seconds = 0;
    FixedVector<float, kPoints> values;
};

struct Incident {
    IncidentId id;
    std::uint32_t seq = 0;  // grows by one with each record that is stored and shipped
    IncidentState state = IncidentState::Open;
    FixedString<47> kind;  // "filesystem_space"
    Severity severity = Severity::Info;
    Severity peak_severity = Severity::Info;
    Subject subject;
    Instant onset;                     // when the first finding began to hold
    Instant opened;                    // when it was confirmed
    Instant updated;                   // when this record was made
    Instant last_seen;                 // when a finding last held
    Instant ended;                     // Resolved only
    FixedString<255> summary;          // one plain sentence
    FixedVector<Finding, 6> findings;  // the leading one first
    FixedVector<Cause, 3> causes;      // the likeliest first; empty: unknown
    FixedVector<Cause, 3> considered;  // the best three, also those that are not likely enough
    FixedVector<ProcessUse, 3> processes;
    FixedString<47> peer;   // at the other end of most of the sockets that it is about; not kept
    double peer_share = 0;  // of them
    GrownPlace grown;       // of a file system that fills up; not kept
    FixedVector<ActionRecord, 4> actions;
    Snippet snippet;
    FixedVector<Snippet, 3> related;     // of the other findings and witnesses
    FixedVector<IncidentNote, 8> notes;  // the timeline, oldest first
    FixedString<127> advice;             // what a person could do
    FixedString<47> remedy;              // the stock remedy for it, by name; empty: none
    FixedString<63> audit_head;  // of root's log by its last action, "17:<32 hex>"; or empty
    std::uint32_t flaps = 0;     // how often it seemed over and came back
    std::uint32_t findings_dropped = 0;  // findings and notes that found no room
    bool uncertain = false;              // its source is silent: it may be over, or worse

    [[nodiscard]] bool is_over() const { return state == IncidentState::Resolved; }
};

// 16 hex digits of (kind, cause), the same on every host: the key for grouping across a fleet.
FixedString<16> fingerprint(const Incident& incident);

// What rules, exporters and documents may ask of an incident, by name ("used_ratio").
using FieldValue = std::variant<bool, double, std::string_view>;

struct IncidentField {
    std::string_view name;
    std::string_view about;  // one line for the manual
};

// Every name that `event.NAME` accepts.
std::span<const IncidentField> incident_fields();

// The value now, or nothing when the incident does not have one (for example no forecast).
// Text is valid as long as the incident. REQUIRES: name is one of incident_fields().
std::optional<FieldValue> incident_field(const Incident& incident, std::string_view name);

}  // namespace homeostat
