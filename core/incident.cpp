#include "core/incident.hpp"

#include "core/event.hpp"
#include "core/format.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

using Getter = std::optional<FieldValue> (*)(const Incident&);

struct FieldRow {
    IncidentField field;
    Getter get;
};

const Finding* leading(const Incident& incident) {
    return incident.findings.empty() ? nullptr : &incident.findings[0];
}

template <double Finding::*Member>
std::optional<FieldValue> of_leading(const Incident& incident) {
    const Finding* finding = leading(incident);
    if (finding == nullptr) return std::nullopt;
    return finding->*Member;
}

std::optional<FieldValue> to_limit(const Incident& incident) {
    for (const Finding& finding : incident.findings) {
        if (finding.seconds_to_limit >= 0) return finding.seconds_to_limit;
    }
    return std::nullopt;
}

std::optional<FieldValue> growth(const Incident& incident) {
    for (const Finding& finding : incident.findings) {
        if (finding.kind == FindingKind::Forecast) return finding.rate_per_second;
    }
    return std::nullopt;
}

constexpr std::array<FieldRow, 13> kFields{{
    {{"kind", "kind of incident, for example filesystem_space"},
     [](const Incident& i) -> std::optional<FieldValue> { return i.kind.view(); }},
    {{"state", "open, acting, resolved or given_up"},
     [](const Incident& i) -> std::optional<FieldValue> { return name_of(i.state); }},
    {{"severity", "info, warning, error or critical"},
     [](const Incident& i) -> std::optional<FieldValue> { return name_of(i.severity); }},
    {{"subject", "name of what it is about: a mount point, a unit, a device"},
     [](const Incident& i) -> std::optional<FieldValue> { return i.subject.name.view(); }},
    {{"subject_kind", "host, unit, mount, device, interface, ..."},
     [](const Incident& i) -> std::optional<FieldValue> { return name_of(i.subject.kind); }},
    {{"condition", "catalogue entry of the leading finding"},
     [](const Incident& i) -> std::optional<FieldValue> {
         const Finding* finding = leading(i);
         if (finding == nullptr) return std::nullopt;
         return finding->condition.view();
     }},
    {{"cause", "short name of the likeliest cause, for example process:rsyslogd"},
     [](const Incident& i) -> std::optional<FieldValue> {
         if (i.causes.empty()) return std::nullopt;
         return i.causes[0].name.view();
     }},
    {{"cause_confidence", "confidence in that cause, 0 to 1"},
     [](const Incident& i) -> std::optional<FieldValue> {
         if (i.causes.empty()) return std::nullopt;
         return i.causes[0].confidence;
     }},
    {{"value", "what the leading finding saw, in its metric's unit (ratios 0 to 1)"},
     of_leading<&Finding::value>},
    {{"limit", "the limit it is judged by, same unit"}, of_leading<&Finding::limit>},
    {{"growth_per_second", "growth in bytes or counts a second, when forecast"}, growth},
    {{"seconds_to_limit", "forecast time to the limit in seconds"}, to_limit},
    {{"duration_seconds", "how long it has held"},
     [](const Incident& i) -> std::optional<FieldValue> {
         return (i.updated - i.onset).seconds();
     }},
}};

constexpr auto kFieldList = [] {
    std::array<IncidentField, kFields.size()> fields{};
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = kFields[i].field;
    return fields;
}();

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr bool is_dash_position(std::size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

FixedString<36> IncidentId::text() const {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    char buffer[36];
    std::size_t at = 0;
    for (const std::uint8_t byte : bytes) {
        if (is_dash_position(at)) buffer[at++] = '-';
        buffer[at++] = kDigits[byte >> 4U];
        buffer[at++] = kDigits[byte & 0x0FU];
    }
    return {std::string_view(buffer, sizeof buffer)};
}

IncidentId make_incident_id(std::int64_t unix_ns, std::array<std::uint64_t, 2> random) {
    IncidentId id;
    const auto milliseconds_since_epoch = static_cast<std::uint64_t>(unix_ns / 1'000'000);
    for (std::size_t i = 0; i < 6; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(milliseconds_since_epoch >> (40 - 8 * i));
    }
    for (std::size_t i = 6; i < 16; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(random[i % 2] >> (8 * (i / 2 - 3)));
    }
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x70U);  // version 7
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);  // variant 10
    return id;
}

std::optional<IncidentId> parse_incident_id(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    IncidentId id;
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int digit = hex_digit(text[i]);
        if (digit < 0) return std::nullopt;
        std::uint8_t& byte = id.bytes[nibble / 2];
        const unsigned shifted = static_cast<unsigned>(byte) << 4U;
        byte = static_cast<std::uint8_t>(shifted | static_cast<unsigned>(digit));
        ++nibble;
    }
    return id;
}

FixedString<16> fingerprint(const Incident& incident) {
    std::uint64_t hash = fnv1a(incident.kind.view());
    hash = fnv1a("/", hash);
    if (!incident.causes.empty()) hash = fnv1a(incident.causes[0].name.view(), hash);
    FixedString<16> out;
    format_into(out, "{:016x}", hash);
    return out;
}

std::span<const IncidentField> incident_fields() {
    return kFieldList;
}

std::optional<FieldValue> incident_field(const Incident& incident, std::string_view name) {
    for (const FieldRow& row : kFields) {
        if (row.field.name == name) return row.get(incident);
    }
    return std::nullopt;
}

std::string_view name_of(IncidentState state) {
    switch (state) {
        case IncidentState::Open: return "open";
        case IncidentState::Acting: return "acting";
        case IncidentState::Resolved: return "resolved";
        case IncidentState::GivenUp: return "given_up";
    }
    return "unknown";
}

std::string_view name_of(NoteKind kind) {
    switch (kind) {
        case NoteKind::Change: return "change";
        case NoteKind::Kernel: return "kernel";
        case NoteKind::Log: return "log";
        case NoteKind::Source: return "source";
        case NoteKind::Clock: return "clock";
        case NoteKind::Flap: return "flap";
        case NoteKind::Person: return "person";
    }
    return "unknown";
}

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::Info: return "info";
        case Severity::Warning: return "warning";
        case Severity::Error: return "error";
        case Severity::Critical: return "critical";
    }
    return "unknown";
}

bool parse_severity(std::string_view text, Severity& out) {
    for (const Severity severity :
         {Severity::Info, Severity::Warning, Severity::Error, Severity::Critical}) {
        if (text == name_of(severity)) {
            out = severity;
            return true;
        }
    }
    return false;
}

std::string_view name_of(FindingKind kind) {
    switch (kind) {
        case FindingKind::Condition: return "condition";
        case FindingKind::Forecast: return "forecast";
        case FindingKind::Spike: return "spike";
        case FindingKind::LevelShift: return "level_shift";
        case FindingKind::Trend: return "trend";
        case FindingKind::FlatLine: return "flat_line";
        case FindingKind::Variance: return "variance";
        case FindingKind::Missing: return "missing";
        case FindingKind::Joint: return "joint";
    }
    return "unknown";
}

}  // namespace homeostat
