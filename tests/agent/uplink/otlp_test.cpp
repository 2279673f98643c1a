#include "agent/uplink/otlp.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <set>

#include "agent/uplink/body_codec.hpp"
#include "agent/uplink/rounding.hpp"
#include "homeostat/otlp/v1/logs.pb.h"
#include "tests/agent/uplink/sample_incidents.hpp"

using namespace homeostat;
namespace pb = homeostat::otlp::v1;

namespace {

constexpr std::int64_t kObserved = 1'795'176'999'000'000'000;

pb::LogRecord record_of(const Incident& incident, std::uint64_t dropped = 0) {
    pb::LogRecord record;
    to_log_record(incident, {kObserved, dropped, "0123456789abcdef"}, record);
    return record;
}

template <typename Message>
const pb::AnyValue* find(const Message& message, std::string_view key) {
    for (const pb::KeyValue& pair : message.attributes()) {
        if (pair.key() == key) return &pair.value();
    }
    return nullptr;
}

template <typename Message>
std::string text_at(const Message& message, std::string_view key) {
    const pb::AnyValue* value = find(message, key);
    return value == nullptr ? "(absent)" : value->string_value();
}

AgentIdentity identity() {
    AgentIdentity identity;
    identity.version = "0.1.0";
    identity.instance_id = "0198f000-0000-7000-8000-000000000001";
    identity.host_id = "0123456789abcdef0123456789abcdef";
    identity.host_name = "web-17";
    identity.host_arch = "amd64";
    identity.os_name = "debian";
    identity.os_version = "12";
    identity.os_description = "Debian GNU/Linux 12 (bookworm)";
    return identity;
}

std::string serialized(const OtlpBatch& batch) {
    std::string head;
    std::string tail;
    batch.frame(head, tail);
    return head + std::string(batch.records_bytes()) + tail;
}

std::size_t wire_size(std::size_t incidents, Compression compression) {
    OtlpBatch batch(identity());
    for (std::size_t i = 0; i < incidents; ++i) batch.add(record_of(test::varied_incident(i)));
    return compress_body(compression, serialized(batch))->size();
}

}  // namespace

TEST_CASE("otlp: an open incident, attribute by attribute") {
    const Incident incident = test::sample_incident(1);
    const pb::LogRecord record = record_of(incident, 17);
    CHECK(record.time_unix_nano() == static_cast<std::uint64_t>(incident.updated.unix_ns));
    CHECK(record.observed_time_unix_nano() == static_cast<std::uint64_t>(kObserved));
    CHECK(record.severity_number() == pb::SEVERITY_NUMBER_WARNING);
    CHECK(record.severity_text() == "warning");
    CHECK(record.body().string_value() == incident.summary);
    CHECK(record.event_name() == "homeostat.incident");
    CHECK(record.trace_id().empty());
    CHECK(text_at(record, "event.name") == "homeostat.incident");
    CHECK(text_at(record, "homeostat.incident.id") == incident.id.text());
    CHECK(find(record, "homeostat.incident.seq")->int_value() == 0);
    CHECK(find(record, "homeostat.incident.seq")->value_case() == pb::AnyValue::kIntValue);
    CHECK(text_at(record, "homeostat.incident.state") == "open");
    CHECK(text_at(record, "homeostat.incident.kind") == "filesystem_space");
    CHECK(text_at(record, "homeostat.incident.subject") == "/srv/data");
    CHECK(text_at(record, "homeostat.incident.severity") == "warning");
    CHECK(text_at(record, "homeostat.incident.peak_severity") == "warning");
    CHECK(find(record, "homeostat.incident.start_time")->int_value() == incident.onset.unix_ns);
    CHECK(find(record, "homeostat.incident.end_time") == nullptr);
    CHECK(text_at(record, "homeostat.incident.fingerprint") == fingerprint(incident));
    CHECK(find(record, "homeostat.incident.score")->double_value() ==
          doctest::Approx(0.93).epsilon(0.001));
    CHECK(find(record, "homeostat.incident.duration_seconds")->double_value() == 20);
    CHECK(text_at(record, "homeostat.signal.name") == "filesystem_used_bytes");
    CHECK(text_at(record, "homeostat.signal.entity") == "/srv/data");
    CHECK(text_at(record, "homeostat.signal.direction") == "down");
    CHECK(find(record, "homeostat.signal.value")->double_value() ==
          doctest::Approx(57'671'680.0).epsilon(0.001));
    CHECK(find(record, "homeostat.signal.baseline") == nullptr);
    CHECK(text_at(record, "homeostat.detector.name") == "filesystem_filling");
    CHECK(text_at(record, "homeostat.cause.name") == "process:rsyslogd");
    CHECK(find(record, "homeostat.cause.confidence")->double_value() ==
          doctest::Approx(0.86).epsilon(0.001));
    CHECK(find(record, "homeostat.action.id") == nullptr);
    CHECK(text_at(record, "homeostat.config.hash") == "0123456789abcdef");
    CHECK(find(record, "homeostat.dropped_before")->int_value() == 17);

    const auto& evidence = find(record, "homeostat.evidence")->array_value().values();
    REQUIRE(evidence.size() == 3);
    std::set<std::string> columns;
    for (const auto& pair : evidence[2].kvlist_value().values()) columns.insert(pair.key());
    CHECK(columns ==
          std::set<std::string>{"signal", "entity", "value", "baseline", "score", "onset_ns"});
    const auto& top = find(record, "homeostat.process.top")->array_value().values();
    REQUIRE(top.size() == 1);
    columns.clear();
    for (const auto& pair : top[0].kvlist_value().values()) columns.insert(pair.key());
    CHECK(columns == std::set<std::string>{"name", "pid", "cpu", "rss"});
}

TEST_CASE("otlp: the end is an info record that keeps the peak, with its action") {
    const Incident incident = test::resolved(test::sample_incident(1));
    const pb::LogRecord record = record_of(incident);
    CHECK(record.severity_number() == pb::SEVERITY_NUMBER_INFO);
    CHECK(record.severity_text() == "info");
    CHECK(text_at(record, "homeostat.incident.state") == "close");
    CHECK(text_at(record, "homeostat.incident.peak_severity") == "warning");
    CHECK(find(record, "homeostat.incident.end_time")->int_value() == incident.ended.unix_ns);
    CHECK(find(record, "homeostat.incident.duration_seconds")->double_value() ==
          doctest::Approx(620).epsilon(0.001));
    CHECK(text_at(record, "homeostat.action.id") == "clean rotated logs");
    CHECK(text_at(record, "homeostat.action.name") == "clean-disk.yml");
    CHECK(text_at(record, "homeostat.action.state") == "effective");
    CHECK(text_at(record, "homeostat.action.policy") == "auto");
    CHECK(text_at(record, "homeostat.audit.head") == incident.audit_head.view());
    CHECK(find(record, "homeostat.dropped_before") == nullptr);
    CHECK(otlp_state(test::sample_incident(1, 3)) == "update");
}

TEST_CASE("otlp: severities map to the data model's numbers") {
    struct Row {
        Severity severity;
        int number;
    };
    for (const Row& row : {Row{Severity::Info, 9}, Row{Severity::Warning, 13},
                           Row{Severity::Error, 17}, Row{Severity::Critical, 18}}) {
        Incident incident = test::sample_incident();
        incident.severity = row.severity;
        CHECK(record_of(incident).severity_number() == row.number);
        CHECK(record_of(incident).severity_text() == name_of(row.severity));
    }
}

TEST_CASE("otlp: an incident without findings, causes and processes is a valid record") {
    const pb::LogRecord record = record_of(Incident{});
    CHECK(record.ByteSizeLong() > 0);
    CHECK(find(record, "homeostat.signal.name") == nullptr);
    CHECK(find(record, "homeostat.evidence") == nullptr);
}

TEST_CASE("otlp: keys are unique, lowercase and dotted, and limits hold for the worst incident") {
    const Incident incident = test::resolved(test::longest_incident());
    const pb::LogRecord record = record_of(incident, 1);
    std::set<std::string> keys;
    for (const pb::KeyValue& pair : record.attributes()) {
        CHECK(keys.insert(pair.key()).second);
        CHECK(pair.key().find_first_not_of("abcdefghijklmnopqrstuvwxyz_.") == std::string::npos);
        CHECK(pair.value().ByteSizeLong() <= kOtlpValueBytesMax + 8);
    }
    CHECK(record.attributes_size() <= kOtlpAttributesMax);
    CHECK(record.ByteSizeLong() <= kOtlpRecordBytesMax);
    CHECK(record.body().string_value().size() <= kOtlpBodyBytesMax);
    CHECK(record.dropped_attributes_count() == 1);  // the evidence, cut to 2 KiB
    CHECK(find(record, "homeostat.evidence")->array_value().values_size() >= 1);
}

TEST_CASE("otlp: numbers are rounded, and one that is not finite is left out") {
    Incident incident = test::sample_incident();
    incident.findings[0].value = 1.0 / 3;
    CHECK(find(record_of(incident), "homeostat.signal.value")->double_value() ==
          round_to_12_bits(1.0 / 3));
    incident.findings[0].value = std::numeric_limits<double>::infinity();
    CHECK(find(record_of(incident), "homeostat.signal.value") == nullptr);
}

TEST_CASE("otlp: the resource says who speaks; the owner's attributes win but for four") {
    AgentIdentity who = identity();
    who.resource = {{"deployment.environment.name", "prod"},
                    {"host.name", "alias"},
                    {"service.name", "other"},
                    {"host.id", "other"},
                    {"cloud.region", "eu-1"},
                    {"cloud.region", "twice"},
                    {"empty", ""},
                    {"", "nameless"}};
    pb::Resource resource;
    to_resource(who, resource);
    CHECK(text_at(resource, "service.name") == "homeostat");
    CHECK(text_at(resource, "service.version") == "0.1.0");
    CHECK(text_at(resource, "service.instance.id") == who.instance_id);
    CHECK(text_at(resource, "host.id") == who.host_id);
    CHECK(text_at(resource, "host.name") == "alias");
    CHECK(text_at(resource, "host.arch") == "amd64");
    CHECK(text_at(resource, "os.type") == "linux");
    CHECK(text_at(resource, "os.name") == "debian");
    CHECK(text_at(resource, "os.version") == "12");
    CHECK(text_at(resource, "os.description") == who.os_description);
    CHECK(text_at(resource, "deployment.environment.name") == "prod");
    CHECK(text_at(resource, "cloud.region") == "eu-1");
    std::set<std::string> keys;
    for (const auto& pair : resource.attributes()) {
        CHECK(keys.insert(pair.key()).second);
        CHECK_FALSE(pair.key().empty());
        CHECK_FALSE(pair.value().string_value().empty());
    }
}

TEST_CASE("otlp: the owner cannot stand in for a missing host.id") {
    AgentIdentity who;
    who.resource = {{"host.id", "other"}};
    pb::Resource resource;
    to_resource(who, resource);
    CHECK(text_at(resource, "host.id") == "(absent)");
}

TEST_CASE("otlp: OTEL_RESOURCE_ATTRIBUTES is all or nothing") {
    const auto parsed = parse_resource_attributes(" a=1, b.c = x%20y%2C ,d=");
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->size() == 3);
    CHECK((*parsed)[0].name == "a");
    CHECK((*parsed)[1].name == "b.c");
    CHECK((*parsed)[1].value == "x y,");
    CHECK((*parsed)[2].value.empty());
    CHECK(parse_resource_attributes("")->empty());
    for (const char* bad : {"a", "a=1,b", "=1", "a=%zz", "a=%2", ","}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_resource_attributes(bad).has_value());
    }
}

TEST_CASE("otlp: a batch framed by hand is what the generated code reads and would write") {
    OtlpBatch batch(identity());
    pb::ExportLogsServiceRequest expected;
    pb::ResourceLogs& resource_logs = *expected.add_resource_logs();
    to_resource(identity(), *resource_logs.mutable_resource());
    resource_logs.set_schema_url(kOtlpSchemaUrl);
    pb::ScopeLogs& scope_logs = *resource_logs.add_scope_logs();
    scope_logs.mutable_scope()->set_name("homeostat");
    scope_logs.mutable_scope()->set_version("0.1.0");
    std::string body;
    for (std::uint64_t count = 1; count <= 40; ++count) {
        const pb::LogRecord record = record_of(test::sample_incident(count));
        const std::size_t announced = batch.bytes_with(record.ByteSizeLong());
        batch.add(record);
        *scope_logs.add_log_records() = record;
        body = serialized(batch);
        CHECK(batch.records() == count);
        CHECK(body.size() <= announced);
        CHECK(body == expected.SerializeAsString());
    }
    batch.clear();
    CHECK(batch.records() == 0);
    batch.add(record_of(test::sample_incident()));
    body = serialized(batch);
    pb::ExportLogsServiceRequest parsed;
    REQUIRE(parsed.ParseFromString(body));
    CHECK(parsed.resource_logs(0).scope_logs(0).log_records_size() == 1);
}

TEST_CASE("otlp: a gap in the spool is an event of the agent") {
    pb::LogRecord record;
    to_log_record(Gap{.kind = SpoolClass::Info, .lost = 17}, kObserved, record);
    CHECK(record.event_name() == "homeostat.agent");
    CHECK(text_at(record, "event.name") == "homeostat.agent");
    CHECK(text_at(record, "homeostat.spool.class") == "info");
    CHECK(find(record, "homeostat.dropped_before")->int_value() == 17);
    CHECK(record.body().string_value() ==
          "17 info records were lost in the spool before they could be sent");
}

TEST_CASE("otlp: a typical incident is at most 1.2 KB alone, 500 B in a batch of 20") {
    const std::size_t alone = wire_size(1, Compression::Gzip);
    const std::size_t batched = wire_size(20, Compression::Gzip) / 20;
    MESSAGE("raw " << wire_size(1, Compression::None) << ", gzip " << alone << ", zstd "
                   << wire_size(1, Compression::Zstd) << "; of 20: gzip " << batched << ", zstd "
                   << wire_size(20, Compression::Zstd) / 20);
    CHECK(alone <= 1200);
    CHECK(batched <= 500);
}
