// Incidents as OTLP log records, and batches of them as request bodies.
//
// One record for each state change. What anyone would filter on is a flat scalar attribute; only
// evidence is nested. Event names and attribute names hold nothing that varies. The record carries
// (homeostat.incident.id, homeostat.incident.seq), by which a receiver drops repeats: delivery is
// at least once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/uplink/exporter.hpp"
#include "agent/uplink/settings.hpp"
#include "core/incident.hpp"

namespace homeostat::otlp::v1 {
class LogRecord;
class Resource;
}  // namespace homeostat::otlp::v1

namespace homeostat {

inline constexpr const char* kOtlpSchemaUrl = "https://opentelemetry.io/schemas/1.44.0";

// Limits of what we send. Over them evidence goes first, then processes, and the record says how
// many attributes were dropped.
inline constexpr int kOtlpAttributesMax = 40;
inline constexpr std::size_t kOtlpValueBytesMax = 2048;
inline constexpr std::size_t kOtlpRecordBytesMax = 16384;
inline constexpr std::size_t kOtlpBodyBytesMax = 512;

// "open" for seq 0, "close" when resolved, else "update".
std::string_view otlp_state(const Incident& incident);

// What the sender adds to an incident.
struct OtlpContext {
    std::int64_t observed_unix_ns = 0;  // now
    std::uint64_t dropped_before = 0;   // records lost just before this one
    std::string_view config_hash;       // AgentIdentity's; empty: left out
};

void to_log_record(const Incident& incident, const OtlpContext& context, otlp::v1::LogRecord& out);

// An event of the agent itself: records of the spool were lost before they could be sent.
void to_log_record(const Gap& gap, std::int64_t observed_unix_ns, otlp::v1::LogRecord& out);

// Keys are unique. The user's own attributes win, but for service.* and host.id.
void to_resource(const AgentIdentity& identity, otlp::v1::Resource& out);

// The value of OTEL_RESOURCE_ATTRIBUTES, "key=value,key=value" with values percent-encoded.
// Errc::Parse when it is not that: none of it is used then, as the specification wants.
Result<std::vector<NameValue>> parse_resource_attributes(std::string_view text);

// An ExportLogsServiceRequest that grows record by record, all under one resource and scope.
class OtlpBatch {
public:
    explicit OtlpBatch(const AgentIdentity& identity);

    void clear();
    void add(const otlp::v1::LogRecord& record);
    // What a request would take after adding a record of `record_bytes`, at most.
    [[nodiscard]] std::size_t bytes_with(std::size_t record_bytes) const;
    [[nodiscard]] std::size_t records() const { return records_; }
    // A request is the head, the records and the tail. Replaces both.
    void frame(std::string& head, std::string& tail) const;
    [[nodiscard]] std::string_view records_bytes() const { return records_bytes_; }

private:
    std::string resource_;  // the encoded Resource, and the scope's fields
    std::string scope_;
    std::string records_bytes_;
    std::size_t records_ = 0;
};

}  // namespace homeostat
