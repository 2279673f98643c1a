#include "agent/incidents/incident_proto.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "homeostat/v1/incident.pb.h"

namespace homeostat {
namespace {

// ---- Time: told from `updated`, by both clocks
// ---------------------------------------------------

// Both wrap around: hostile bytes must not turn arithmetic into undefined behaviour.
std::int64_t sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t difference(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

// An instant that was never set is left out: from_proto leaves it as it is in a new structure.
template <typename Make>
void put_time(const Instant& at, const Instant& updated, Make make) {
    if (at.monotonic_ns == 0 && at.unix_ns == 0) return;
    const std::int64_t monotonic = difference(at.monotonic_ns, updated.monotonic_ns);
    const std::int64_t wall = difference(at.unix_ns, updated.unix_ns);
    v1::Offset& out = *make();
    out.set_monotonic_ns(monotonic);
    out.set_wall_step_ns(difference(wall, monotonic));
}

Instant instant_from(const v1::Offset& in, const Instant& updated) {
    const std::int64_t wall = sum(in.monotonic_ns(), in.wall_step_ns());
    return {.monotonic_ns = sum(updated.monotonic_ns, in.monotonic_ns()),
            .unix_ns = sum(updated.unix_ns, wall)};
}

// ---- Numbers: as the schema says
// ------------------------------------------------------------------

constexpr std::uint64_t reverse_bytes(std::uint64_t value) {
    std::uint64_t out = 0;
    for (int i = 0; i < 8; ++i, value >>= 8U) out = out << 8U | (value & 0xFFU);
    return out;
}

std::uint64_t number(double value) {
    return reverse_bytes(std::bit_cast<std::uint64_t>(value));
}
double number_from(std::uint64_t bits) {
    return std::bit_cast<double>(reverse_bytes(bits));
}

// ---- Writing
// -------------------------------------------------------------------------------------

void put(const Subject& subject, v1::Subject& out) {
    out.set_kind(static_cast<v1::SubjectKind>(subject.kind));
    out.set_name(subject.name.c_str(), subject.name.size());
}

void put(const Finding& finding, const Incident& incident, v1::Finding& out) {
    out.set_kind(static_cast<v1::FindingKind>(finding.kind));
    out.set_severity(static_cast<v1::Severity>(finding.severity));
    out.set_condition(finding.condition.c_str(), finding.condition.size());
    out.set_incident(finding.incident.c_str(), finding.incident.size());
    if (!(finding.subject == incident.subject)) put(finding.subject, *out.mutable_subject());
    out.set_metric(finding.metric.c_str(), finding.metric.size());
    out.set_unit(static_cast<v1::Unit>(finding.unit));
    put_time(finding.since, incident.updated, [&] { return out.mutable_since(); });
    put_time(finding.last_held, incident.updated, [&] { return out.mutable_last_held(); });
    out.set_value(number(finding.value));
    out.set_expected(number(finding.expected));
    out.set_limit(number(finding.limit));
    out.set_score(number(finding.score));
    out.set_rate_per_second(number(finding.rate_per_second));
    if (finding.seconds_to_limit >= 0) out.set_seconds_to_limit(number(finding.seconds_to_limit));
    if (finding.seconds_to_limit_low >= 0) {
        out.set_seconds_to_limit_low(number(finding.seconds_to_limit_low));
    }
    if (finding.seconds_to_limit_high >= 0) {
        out.set_seconds_to_limit_high(number(finding.seconds_to_limit_high));
    }
    out.set_source_silent(finding.source_silent);
    out.set_worse_below(finding.worse_below);
    if (finding.worst != finding.value) out.set_worst(number(finding.worst));
}

void put(const Cause& cause, v1::Cause& out) {
    out.set_text(cause.text.c_str(), cause.text.size());
    out.set_name(cause.name.c_str(), cause.name.size());
    out.set_confidence(number(cause.confidence));
    out.set_pro(cause.pro.c_str(), cause.pro.size());
    out.set_contra(cause.contra.c_str(), cause.contra.size());
}

void put(const IncidentNote& note, const Instant& updated, v1::Note& out) {
    put_time(note.at, updated, [&] { return out.mutable_at(); });
    out.set_kind(static_cast<v1::NoteKind>(note.kind));
    out.set_text(note.text.c_str(), note.text.size());
}

void put(const ProcessUse& process, v1::ProcessUse& out) {
    out.set_pid(process.pid);
    out.set_start_ticks(process.start_ticks);
    out.set_name(process.name.c_str(), process.name.size());
    out.set_unit(process.unit.c_str(), process.unit.size());
    out.set_cpu_ratio(number(process.cpu_ratio));
    out.set_rss_bytes(number(process.rss_bytes));
    out.set_write_bytes_per_second(number(process.write_bytes_per_second));
    out.set_open_files(process.open_files);
    out.set_namesakes(process.namesakes);
    out.set_share(number(process.share));
    out.set_rss_growth_bytes_per_second(number(process.rss_growth_bytes_per_second));
}

void put(const ActionRecord& action, const Instant& updated, v1::ActionRecord& out) {
    out.set_rule(action.rule.c_str(), action.rule.size());
    out.set_playbook(action.playbook.c_str(), action.playbook.size());
    if (!action.target.empty()) out.set_target(action.target.c_str(), action.target.size());
    out.set_mode(action.mode.c_str(), action.mode.size());
    out.set_state(action.state.c_str(), action.state.size());
    out.set_detail(action.detail.c_str(), action.detail.size());
    put_time(action.at, updated, [&] { return out.mutable_at(); });
    out.set_before(number(action.before));
    out.set_after(number(action.after));
    out.set_expected(number(action.expected));
}

void put(const Snippet& snippet, v1::Snippet& out) {
    out.set_metric(snippet.metric.c_str(), snippet.metric.size());
    out.set_step_seconds(number(snippet.step_seconds));
    std::uint32_t all = 0;
    for (const float value : snippet.values) all |= std::bit_cast<std::uint32_t>(value);
    const auto shift = all == 0 ? 0U : static_cast<std::uint32_t>(std::countr_zero(all));
    out.set_shift(shift);
    std::uint32_t before = 0;
    for (const float value : snippet.values) {
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(value) >> shift;
        out.add_differences(static_cast<std::int32_t>(bits - before));
        before = bits;
    }
}

// ---- Reading
// -------------------------------------------------------------------------------------

// Collects the first complaint, so that the readers below are plain lists of fields.
class Reader {
public:
    explicit Reader(Instant updated) : updated_(updated) {}

    template <typename Enum>
    void read_enum(std::string_view field, int value, Enum last, Enum& out) {
        if (value < 0 || value > static_cast<int>(last)) {
            complain(field, value);
        } else {
            out = static_cast<Enum>(value);
        }
    }

    void read_number(std::string_view field, std::uint64_t bits, double& out) {
        out = number_from(bits);
        if (!std::isfinite(out)) complain(field, out);
    }

    void read_float(std::string_view field, std::uint32_t bits, float& out) {
        out = std::bit_cast<float>(bits);
        if (!std::isfinite(out)) complain(field, out);
    }

    void read_shift(std::uint32_t shift) {
        if (shift > 31) complain("snippet shift", shift);
    }

    template <typename List>
    bool fits(std::string_view field, int count, const List& list) {
        const bool ok = static_cast<std::size_t>(count) <= list.capacity();
        if (!ok) complain(field, count);
        return ok;
    }

    [[nodiscard]] Instant at(const v1::Offset& offset) const {
        return instant_from(offset, updated_);
    }
    [[nodiscard]] const Status& status() const { return status_; }

private:
    template <typename T>
    void complain(std::string_view field, T value) {
        if (!status_) return;
        status_ = make_error(Errc::Invalid, "incident record: {} is {}, which is out of range",
                             field, value);
    }

    Instant updated_;
    Status status_ = Ok{};
};

void read(Reader& reader, const v1::Subject& in, Subject& out) {
    reader.read_enum("subject kind", in.kind(), SubjectKind::Sensor, out.kind);
    out.name.assign(in.name());
}

void read(Reader& reader, const v1::Finding& in, const Subject& subject, Finding& out) {
    reader.read_enum("finding kind", in.kind(), FindingKind::Joint, out.kind);
    reader.read_enum("finding severity", in.severity(), Severity::Critical, out.severity);
    out.condition.assign(in.condition());
    out.incident.assign(in.incident());
    out.subject = subject;
    if (in.has_subject()) read(reader, in.subject(), out.subject);
    out.metric.assign(in.metric());
    reader.read_enum("unit", in.unit(), Unit::PerSecond, out.unit);
    if (in.has_since()) out.since = reader.at(in.since());
    if (in.has_last_held()) out.last_held = reader.at(in.last_held());
    reader.read_number("value", in.value(), out.value);
    reader.read_number("expected", in.expected(), out.expected);
    reader.read_number("limit", in.limit(), out.limit);
    reader.read_number("score", in.score(), out.score);
    reader.read_number("rate_per_second", in.rate_per_second(), out.rate_per_second);
    if (in.has_seconds_to_limit()) {
        reader.read_number("seconds_to_limit", in.seconds_to_limit(), out.seconds_to_limit);
    }
    if (in.has_seconds_to_limit_low()) {
        reader.read_number("seconds_to_limit_low", in.seconds_to_limit_low(),
                           out.seconds_to_limit_low);
    }
    if (in.has_seconds_to_limit_high()) {
        reader.read_number("seconds_to_limit_high", in.seconds_to_limit_high(),
                           out.seconds_to_limit_high);
    }
    out.source_silent = in.source_silent();
    out.worse_below = in.worse_below();
    out.worst = out.value;
    if (in.has_worst()) reader.read_number("worst", in.worst(), out.worst);
}

void read(Reader& reader, const v1::Cause& in, Cause& out) {
    out.text.assign(in.text());
    out.name.assign(in.name());
    reader.read_number("confidence", in.confidence(), out.confidence);
    out.pro.assign(in.pro());
    out.contra.assign(in.contra());
}

void read(Reader& reader, const v1::Note& in, IncidentNote& out) {
    if (in.has_at()) out.at = reader.at(in.at());
    reader.read_enum("note kind", in.kind(), NoteKind::Person, out.kind);
    out.text.assign(in.text());
}

void read(Reader& reader, const v1::ProcessUse& in, ProcessUse& out) {
    out.pid = in.pid();
    out.start_ticks = in.start_ticks();
    out.name.assign(in.name());
    out.unit.assign(in.unit());
    reader.read_number("cpu_ratio", in.cpu_ratio(), out.cpu_ratio);
    reader.read_number("rss_bytes", in.rss_bytes(), out.rss_bytes);
    reader.read_number("write_bytes_per_second", in.write_bytes_per_second(),
                       out.write_bytes_per_second);
    out.open_files = in.open_files();
    out.namesakes = in.namesakes();
    reader.read_number("share", in.share(), out.share);
    reader.read_number("rss_growth_bytes_per_second", in.rss_growth_bytes_per_second(),
                       out.rss_growth_bytes_per_second);
}

void read(Reader& reader, const v1::ActionRecord& in, ActionRecord& out) {
    out.rule.assign(in.rule());
    out.playbook.assign(in.playbook());
    out.target.assign(in.target());
    out.mode.assign(in.mode());
    out.state.assign(in.state());
    out.detail.assign(in.detail());
    if (in.has_at()) out.at = reader.at(in.at());
    reader.read_number("before", in.before(), out.before);
    reader.read_number("after", in.after(), out.after);
    reader.read_number("expected", in.expected(), out.expected);
}

void read(Reader& reader, const v1::Snippet& in, Snippet& out) {
    out.metric.assign(in.metric());
    reader.read_number("step_seconds", in.step_seconds(), out.step_seconds);
    if (!reader.fits("number of snippet values", in.differences_size(), out.values)) return;
    reader.read_shift(in.shift());
    std::uint32_t bits = 0;
    for (const std::int32_t difference : in.differences()) {
        bits += static_cast<std::uint32_t>(difference);
        float value = 0;
        reader.read_float("snippet value", bits << (in.shift() % 32), value);
        (void)out.values.push(value);  // fits() has counted them
    }
}

template <typename In, std::size_t Capacity, typename T, typename Read>
void read_list(Reader& reader, std::string_view field, const In& in, FixedVector<T, Capacity>& out,
               Read read_one) {
    if (!reader.fits(field, in.size(), out)) return;
    for (const auto& item : in) {
        T value;
        read_one(item, value);
        (void)out.push(value);  // fits() has counted them
    }
}

void read_lists(Reader& reader, const v1::Incident& in, Incident& out) {
    const Subject subject = out.subject;
    read_list(
        reader, "number of findings", in.findings(), out.findings,
        [&](const v1::Finding& item, Finding& finding) { read(reader, item, subject, finding); });
    read_list(reader, "number of causes", in.causes(), out.causes,
              [&](const v1::Cause& item, Cause& cause) { read(reader, item, cause); });
    read_list(reader, "number of processes", in.processes(), out.processes,
              [&](const v1::ProcessUse& item, ProcessUse& use) { read(reader, item, use); });
    read_list(
        reader, "number of actions", in.actions(), out.actions,
        [&](const v1::ActionRecord& item, ActionRecord& action) { read(reader, item, action); });
    read_list(reader, "number of considered causes", in.considered(), out.considered,
              [&](const v1::Cause& item, Cause& cause) { read(reader, item, cause); });
    read_list(reader, "number of related series", in.related(), out.related,
              [&](const v1::Snippet& item, Snippet& snippet) { read(reader, item, snippet); });
    read_list(reader, "number of notes", in.notes(), out.notes,
              [&](const v1::Note& item, IncidentNote& note) { read(reader, item, note); });
}

}  // namespace

void to_proto(const Incident& incident, v1::Incident& out) {
    out.Clear();
    out.set_id(incident.id.bytes.data(), incident.id.bytes.size());
    out.set_seq(incident.seq);
    out.set_state(static_cast<v1::IncidentState>(incident.state));
    out.set_kind(incident.kind.c_str(), incident.kind.size());
    out.set_severity(static_cast<v1::Severity>(incident.severity));
    out.set_peak_severity(static_cast<v1::Severity>(incident.peak_severity));
    put(incident.subject, *out.mutable_subject());
    out.mutable_updated()->set_monotonic_ns(
        static_cast<std::uint64_t>(incident.updated.monotonic_ns));
    out.mutable_updated()->set_unix_ns(static_cast<std::uint64_t>(incident.updated.unix_ns));
    put_time(incident.onset, incident.updated, [&] { return out.mutable_onset(); });
    put_time(incident.opened, incident.updated, [&] { return out.mutable_opened(); });
    put_time(incident.last_seen, incident.updated, [&] { return out.mutable_last_seen(); });
    put_time(incident.ended, incident.updated, [&] { return out.mutable_ended(); });
    out.set_summary(incident.summary.c_str(), incident.summary.size());
    for (const Finding& finding : incident.findings) put(finding, incident, *out.add_findings());
    for (const Cause& cause : incident.causes) put(cause, *out.add_causes());
    for (const ProcessUse& process : incident.processes) put(process, *out.add_processes());
    for (const ActionRecord& action : incident.actions) {
        put(action, incident.updated, *out.add_actions());
    }
    if (!incident.snippet.values.empty() || !incident.snippet.metric.empty()) {
        put(incident.snippet, *out.mutable_snippet());
    }
    for (const Cause& cause : incident.considered) put(cause, *out.add_considered());
    for (const Snippet& snippet : incident.related) put(snippet, *out.add_related());
    for (const IncidentNote& note : incident.notes) put(note, incident.updated, *out.add_notes());
    out.set_advice(incident.advice.c_str(), incident.advice.size());
    out.set_remedy(incident.remedy.c_str(), incident.remedy.size());
    out.set_flaps(incident.flaps);
    out.set_findings_dropped(incident.findings_dropped);
    out.set_uncertain(incident.uncertain);
    out.set_audit_head(incident.audit_head.c_str(), incident.audit_head.size());
}

Status from_proto(const v1::Incident& in, Incident& out) {
    out = Incident{};
    if (in.id().size() != out.id.bytes.size()) {
        return make_error(Errc::Invalid, "incident record: the id has {} bytes, expected 16",
                          in.id().size());
    }
    std::copy(in.id().begin(), in.id().end(), out.id.bytes.begin());
    out.updated = {.monotonic_ns = static_cast<std::int64_t>(in.updated().monotonic_ns()),
                   .unix_ns = static_cast<std::int64_t>(in.updated().unix_ns())};
    Reader reader(out.updated);
    out.seq = in.seq();
    reader.read_enum("state", in.state(), IncidentState::GivenUp, out.state);
    out.kind.assign(in.kind());
    reader.read_enum("severity", in.severity(), Severity::Critical, out.severity);
    reader.read_enum("peak severity", in.peak_severity(), Severity::Critical, out.peak_severity);
    read(reader, in.subject(), out.subject);
    if (in.has_onset()) out.onset = reader.at(in.onset());
    if (in.has_opened()) out.opened = reader.at(in.opened());
    if (in.has_last_seen()) out.last_seen = reader.at(in.last_seen());
    if (in.has_ended()) out.ended = reader.at(in.ended());
    out.summary.assign(in.summary());
    read_lists(reader, in, out);
    read(reader, in.snippet(), out.snippet);
    out.advice.assign(in.advice());
    out.remedy.assign(in.remedy());
    out.flaps = in.flaps();
    out.findings_dropped = in.findings_dropped();
    out.uncertain = in.uncertain();
    out.audit_head.assign(in.audit_head());
    return reader.status();
}

void encode_incident(const Incident& incident, std::string& out) {
    v1::Incident message;
    to_proto(incident, message);
    out.clear();
    // Fails only beyond 2 GB or for a required field that is missing; there are neither.
    (void)message.SerializeToString(&out);
}

Status decode_incident(std::string_view bytes, Incident& out) {
    if (bytes.size() > kIncidentBytesMax) {
        return make_error(Errc::Limit, "incident record: {} bytes, at most {} are read",
                          bytes.size(), kIncidentBytesMax);
    }
    v1::Incident message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return make_error(Errc::Parse, "incident record: {} bytes that are no incident",
                          bytes.size());
    }
    return from_proto(message, out);
}

}  // namespace homeostat
