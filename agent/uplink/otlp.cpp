#include "agent/uplink/otlp.hpp"

#include <bit>
#include <cmath>
#include <set>

#include "agent/uplink/rounding.hpp"
#include "agent/uplink/utf8.hpp"
#include "core/parse.hpp"
#include "homeostat/otlp/v1/logs.pb.h"

namespace homeostat {
namespace {

namespace pb = otlp::v1;

constexpr int kEvidenceRowsMax = 8;
constexpr int kProcessRowsMax = 3;

pb::SeverityNumber severity_number(Severity severity) {
    switch (severity) {
        case Severity::Info: return pb::SEVERITY_NUMBER_INFO;
        case Severity::Warning: return pb::SEVERITY_NUMBER_WARNING;
        case Severity::Error: return pb::SEVERITY_NUMBER_ERROR;
        case Severity::Critical: return pb::SEVERITY_NUMBER_CRITICAL;
    }
    return pb::SEVERITY_NUMBER_UNSPECIFIED;
}

// Writes attributes to anything that has a list of them: a record, a row of evidence.
template <typename List>
class Attributes {
public:
    explicit Attributes(List& list) : list_(list) {}

    void text(const char* key, std::string_view value) {
        add(key).set_string_value(to_utf8(value, kOtlpValueBytesMax));
    }
    void text_if(const char* key, std::string_view value) {
        if (!value.empty()) text(key, value);
    }
    void integer(const char* key, std::int64_t value) { add(key).set_int_value(value); }
    void number(const char* key, double value) {
        if (std::isfinite(value)) add(key).set_double_value(round_to_12_bits(value));
    }
    pb::AnyValue& add(const char* key) {
        pb::KeyValue& pair = *list_.Add();
        pair.set_key(key);
        return *pair.mutable_value();
    }

private:
    List& list_;
};

template <typename List>
Attributes(List&) -> Attributes<List>;

std::string_view direction_of(const Finding& finding) {
    const double middle = finding.expected != 0 ? finding.expected : finding.limit;
    return finding.value >= middle ? "up" : "down";
}

void put_signal(const Incident& incident, pb::LogRecord& out) {
    if (incident.findings.empty()) return;
    const Finding& finding = incident.findings[0];
    Attributes attributes(*out.mutable_attributes());
    attributes.number("homeostat.incident.score", finding.score);
    attributes.text("homeostat.signal.name", finding.metric);
    attributes.text_if("homeostat.signal.entity", finding.subject.name);
    attributes.number("homeostat.signal.value", finding.value);
    if (finding.expected != 0) attributes.number("homeostat.signal.baseline", finding.expected);
    if (finding.limit != 0) attributes.number("homeostat.signal.limit", finding.limit);
    attributes.number("homeostat.signal.score", finding.score);
    attributes.text("homeostat.signal.direction", direction_of(finding));
    attributes.text("homeostat.detector.name", finding.condition);
}

void put_cause(const Incident& incident, pb::LogRecord& out) {
    if (incident.causes.empty()) return;
    Attributes attributes(*out.mutable_attributes());
    attributes.text("homeostat.cause.name", incident.causes[0].name);
    attributes.number("homeostat.cause.confidence", incident.causes[0].confidence);
}

void put_action(const Incident& incident, pb::LogRecord& out) {
    if (incident.actions.empty()) return;
    const ActionRecord& action = incident.actions.back();
    Attributes attributes(*out.mutable_attributes());
    attributes.text("homeostat.action.id", action.rule);
    attributes.text("homeostat.action.name", action.playbook);
    attributes.text("homeostat.action.state", action.state);
    attributes.text("homeostat.action.policy", action.mode);
    attributes.text_if("homeostat.audit.head", incident.audit_head);
}

void put_evidence(const Incident& incident, pb::LogRecord& out) {
    if (incident.findings.empty()) return;
    Attributes attributes(*out.mutable_attributes());
    pb::ArrayValue& rows = *attributes.add("homeostat.evidence").mutable_array_value();
    for (const Finding& finding : incident.findings) {
        if (rows.values_size() == kEvidenceRowsMax) break;
        Attributes row(*rows.add_values()->mutable_kvlist_value()->mutable_values());
        row.text("signal", finding.metric);
        row.text("entity", finding.subject.name);
        row.number("value", finding.value);
        row.number("baseline", finding.expected != 0 ? finding.expected : finding.limit);
        row.number("score", finding.score);
        row.integer("onset_ns", finding.since.unix_ns);
    }
}

void put_processes(const Incident& incident, pb::LogRecord& out) {
    if (incident.processes.empty()) return;
    Attributes attributes(*out.mutable_attributes());
    pb::ArrayValue& rows = *attributes.add("homeostat.process.top").mutable_array_value();
    for (const ProcessUse& process : incident.processes) {
        if (rows.values_size() == kProcessRowsMax) break;
        Attributes row(*rows.add_values()->mutable_kvlist_value()->mutable_values());
        row.text("name", process.name);
        row.integer("pid", process.pid);
        row.number("cpu", process.cpu_ratio);
        row.number("rss", process.rss_bytes);
    }
}

void put_incident(const Incident& incident, pb::LogRecord& out) {
    Attributes attributes(*out.mutable_attributes());
    attributes.text("event.name", "homeostat.incident");
    attributes.text("homeostat.incident.id", incident.id.text());
    attributes.integer("homeostat.incident.seq", incident.seq);
    attributes.text("homeostat.incident.state", otlp_state(incident));
    attributes.text("homeostat.incident.kind", incident.kind);
    attributes.text_if("homeostat.incident.subject", incident.subject.name);
    attributes.text("homeostat.incident.severity", name_of(incident.severity));
    attributes.text("homeostat.incident.peak_severity", name_of(incident.peak_severity));
    attributes.integer("homeostat.incident.start_time", incident.onset.unix_ns);
    if (incident.is_over()) {
        attributes.integer("homeostat.incident.end_time", incident.ended.unix_ns);
    }
    attributes.text("homeostat.incident.fingerprint", fingerprint(incident));
    const Instant until = incident.is_over() ? incident.ended : incident.updated;
    attributes.number("homeostat.incident.duration_seconds", (until - incident.onset).seconds());
}

// Drops the last row of a list that is too long for one value, and the whole of it as the last
// resort for the record.
void trim_rows(pb::LogRecord& record, const char* key) {
    for (int i = 0; i < record.attributes_size(); ++i) {
        pb::KeyValue& pair = *record.mutable_attributes(i);
        if (pair.key() != key) continue;
        auto& rows = *pair.mutable_value()->mutable_array_value()->mutable_values();
        bool trimmed = false;
        while (!rows.empty() && pair.value().ByteSizeLong() > kOtlpValueBytesMax) {
            rows.RemoveLast();
            trimmed = true;
        }
        if (trimmed) record.set_dropped_attributes_count(record.dropped_attributes_count() + 1);
        return;
    }
}

void remove_attribute(pb::LogRecord& record, const char* key) {
    auto& attributes = *record.mutable_attributes();
    for (int i = 0; i < attributes.size(); ++i) {
        if (attributes[i].key() != key) continue;
        attributes.DeleteSubrange(i, 1);
        record.set_dropped_attributes_count(record.dropped_attributes_count() + 1);
        return;
    }
}

void enforce_limits(pb::LogRecord& record) {
    for (const char* key : {"homeostat.evidence", "homeostat.process.top"}) {
        trim_rows(record, key);
        if (record.ByteSizeLong() > kOtlpRecordBytesMax) remove_attribute(record, key);
    }
    auto& attributes = *record.mutable_attributes();
    while (attributes.size() > kOtlpAttributesMax) {
        attributes.RemoveLast();
        record.set_dropped_attributes_count(record.dropped_attributes_count() + 1);
    }
}

// ---- Framing: protobuf's own, written by hand so that a batch need not be held as objects
// --------

constexpr unsigned kLengthDelimited = 2;

void append_varint(std::uint64_t value, std::string& out) {
    while (value >= 0x80U) {
        out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
        value >>= 7U;
    }
    out.push_back(static_cast<char>(value));
}

std::size_t varint_bytes(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
}

void append_field(unsigned number, std::string_view content, std::string& out) {
    append_varint(number << 3U | kLengthDelimited, out);
    append_varint(content.size(), out);
    out.append(content);
}

void append_field_header(unsigned number, std::size_t size, std::string& out) {
    append_varint(number << 3U | kLengthDelimited, out);
    append_varint(size, out);
}

// Two levels of nesting (ScopeLogs, ResourceLogs) and the request: one tag and one length each.
constexpr std::size_t kFramesMax = 3 * (1 + 5);

bool percent_decode(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        const auto byte = i + 2 < text.size() ? parse_u64(text.substr(i + 1, 2), 16) : std::nullopt;
        if (!byte) return false;
        out.push_back(static_cast<char>(*byte));
        i += 2;
    }
    return true;
}

}  // namespace

std::string_view otlp_state(const Incident& incident) {
    if (incident.is_over()) return "close";
    return incident.seq == 0 ? "open" : "update";
}

void to_log_record(const Incident& incident, const OtlpContext& context, pb::LogRecord& out) {
    out.Clear();
    const Instant& changed = incident.updated;
    out.set_time_unix_nano(static_cast<std::uint64_t>(changed.unix_ns));
    out.set_observed_time_unix_nano(static_cast<std::uint64_t>(context.observed_unix_ns));
    // The end of an incident is good news, however bad it was: peak_severity tells that.
    const Severity severity = incident.is_over() ? Severity::Info : incident.severity;
    out.set_severity_number(severity_number(severity));
    out.set_severity_text(std::string(name_of(severity)));
    out.mutable_body()->set_string_value(to_utf8(incident.summary, kOtlpBodyBytesMax));
    out.set_event_name("homeostat.incident");
    put_incident(incident, out);
    put_signal(incident, out);
    put_cause(incident, out);
    put_action(incident, out);
    Attributes attributes(*out.mutable_attributes());
    attributes.text_if("homeostat.config.hash", context.config_hash);
    if (context.dropped_before > 0) {
        attributes.integer("homeostat.dropped_before",
                           static_cast<std::int64_t>(context.dropped_before));
    }
    put_processes(incident, out);
    put_evidence(incident, out);
    enforce_limits(out);
}

void to_log_record(const Gap& gap, std::int64_t observed_unix_ns, pb::LogRecord& out) {
    out.Clear();
    out.set_time_unix_nano(static_cast<std::uint64_t>(observed_unix_ns));
    out.set_observed_time_unix_nano(static_cast<std::uint64_t>(observed_unix_ns));
    out.set_severity_number(pb::SEVERITY_NUMBER_WARNING);
    out.set_severity_text("warning");
    out.mutable_body()->set_string_value(
        fmt::format("{} {} records were lost in the spool before they could be sent", gap.lost,
                    name_of(gap.kind)));
    out.set_event_name("homeostat.agent");
    Attributes attributes(*out.mutable_attributes());
    attributes.text("event.name", "homeostat.agent");
    attributes.text("homeostat.spool.class", name_of(gap.kind));
    attributes.integer("homeostat.dropped_before", static_cast<std::int64_t>(gap.lost));
}

void to_resource(const AgentIdentity& identity, pb::Resource& out) {
    out.Clear();
    std::set<std::string> keys;
    const auto add = [&](const std::string& key, const std::string& value) {
        if (key.empty() || value.empty() || !keys.insert(key).second) return;
        Attributes(*out.mutable_attributes()).text(key.c_str(), value);
    };
    // Who speaks is not for the config to say ...
    add("service.name", "homeostat");
    add("service.version", identity.version);
    add("service.instance.id", identity.instance_id);
    add("host.id", identity.host_id);
    keys.insert({"service.version", "service.instance.id", "host.id"});
    // ... the rest is.
    for (const NameValue& own : identity.resource) add(to_utf8(own.name), own.value);
    add("host.name", identity.host_name);
    add("host.arch", identity.host_arch);
    add("os.type", "linux");
    add("os.name", identity.os_name);
    add("os.version", identity.os_version);
    add("os.description", identity.os_description);
}

Result<std::vector<NameValue>> parse_resource_attributes(std::string_view text) {
    std::vector<NameValue> out;
    while (!trim(text).empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view pair = trim(text.substr(0, comma));
        const std::size_t equals = pair.find('=');
        NameValue one;
        if (equals == std::string_view::npos || trim(pair.substr(0, equals)).empty() ||
            !percent_decode(trim(pair.substr(equals + 1)), one.value)) {
            return make_error(Errc::Parse, "resource attributes: expected key=value, got '{}'",
                              to_printable(pair, 80));
        }
        one.name = trim(pair.substr(0, equals));
        out.push_back(std::move(one));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
    return out;
}

OtlpBatch::OtlpBatch(const AgentIdentity& identity) {
    pb::Resource resource;
    to_resource(identity, resource);
    resource_ = resource.SerializeAsString();
    pb::InstrumentationScope scope;
    scope.set_name("homeostat");
    scope.set_version(identity.version);
    scope_ = scope.SerializeAsString();
}

void OtlpBatch::clear() {
    records_bytes_.clear();
    records_ = 0;
}

void OtlpBatch::add(const pb::LogRecord& record) {
    append_field(pb::ScopeLogs::kLogRecordsFieldNumber, record.SerializeAsString(), records_bytes_);
    ++records_;
}

std::size_t OtlpBatch::bytes_with(std::size_t record_bytes) const {
    const std::size_t fixed = resource_.size() + scope_.size() + 2 * (1 + 5) + 2 +
                              std::string_view(kOtlpSchemaUrl).size();
    return fixed + kFramesMax + records_bytes_.size() + 1 + varint_bytes(record_bytes) +
           record_bytes;
}

void OtlpBatch::frame(std::string& head, std::string& tail) const {
    std::string scope;
    append_field(pb::ScopeLogs::kScopeFieldNumber, scope_, scope);
    std::string resource;
    append_field(pb::ResourceLogs::kResourceFieldNumber, resource_, resource);
    tail.clear();
    append_field(pb::ResourceLogs::kSchemaUrlFieldNumber, kOtlpSchemaUrl, tail);

    const std::size_t scope_size = scope.size() + records_bytes_.size();
    const std::size_t resource_size =
        resource.size() + 1 + varint_bytes(scope_size) + scope_size + tail.size();
    head.clear();
    append_field_header(pb::ExportLogsServiceRequest::kResourceLogsFieldNumber, resource_size,
                        head);
    head.append(resource);
    append_field_header(pb::ResourceLogs::kScopeLogsFieldNumber, scope_size, head);
    head.append(scope);
}

}  // namespace homeostat
