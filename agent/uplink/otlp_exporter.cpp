#include "agent/uplink/otlp_exporter.hpp"

#include <algorithm>
#include <array>

#include "agent/uplink/body_codec.hpp"
#include "agent/uplink/otlp_response.hpp"
#include "homeostat/otlp/v1/logs.pb.h"

namespace homeostat {
namespace {

// What a Collector in front of Kafka can take with everybody's defaults (Kafka: 1,000,000 bytes a
// message before compression), whatever the settings say.
constexpr std::size_t kRecordsMax = 256;
constexpr std::size_t kBytesMax = 900'000;

constexpr std::string_view kLogsPath = "/v1/logs";

}  // namespace

std::string otlp_logs_url(std::string_view endpoint) {
    while (!endpoint.empty() && endpoint.back() == '/') endpoint.remove_suffix(1);
    std::string url(endpoint);
    if (!endpoint.ends_with(kLogsPath)) url += kLogsPath;
    return url;
}

OtlpExporter::OtlpExporter(OtlpSettings settings, const AgentIdentity& identity, Fetcher& fetcher)
    : settings_(std::move(settings)),
      fetcher_(fetcher),
      config_hash_(identity.config_hash),
      batch_(identity),
      record_(std::make_unique<otlp::v1::LogRecord>()),
      gap_record_(std::make_unique<otlp::v1::LogRecord>()) {
    request_.method = "POST";
    request_.url = otlp_logs_url(settings_.endpoint);
    request_.tls = settings_.tls;
    request_.connect_timeout = settings_.connect_timeout;
    request_.timeout = settings_.timeout;
    request_.headers = {{"Content-Type", "application/x-protobuf"},
                        {"User-Agent", "homeostat/" + identity.version}};
    const std::string_view encoding = content_encoding(settings_.compression);
    if (!encoding.empty()) {
        request_.headers.push_back({"Content-Encoding", std::string(encoding)});
    }
    for (const HttpHeader& header : settings_.headers) request_.headers.push_back(header);
}

OtlpExporter::~OtlpExporter() = default;

std::size_t OtlpExporter::records_max() const {
    return std::clamp<std::size_t>(settings_.batch_records_max, 1, kRecordsMax);
}

void OtlpExporter::begin() {
    batch_.clear();
    incidents_ = 0;
}

bool OtlpExporter::add(const Incident& incident, const Gap& gap, Instant now) {
    const OtlpContext context{now.unix_ns, gap.lost, config_hash_};
    to_log_record(incident, context, *record_);
    std::size_t bytes = record_->ByteSizeLong();
    if (gap.lost > 0) {
        to_log_record(gap, now.unix_ns, *gap_record_);
        bytes += gap_record_->ByteSizeLong() + 1 + 5;
    }
    const std::size_t most = std::min<std::size_t>(settings_.batch_bytes_max, kBytesMax);
    if (batch_.records() > 0 && batch_.bytes_with(bytes) > most) return false;
    if (gap.lost > 0) batch_.add(*gap_record_);
    batch_.add(*record_);
    ++incidents_;
    return true;
}

Outcome OtlpExporter::send(Instant now) {
    std::string head;
    std::string tail;
    batch_.frame(head, tail);
    const std::array<std::string_view, 3> pieces{head, batch_.records_bytes(), tail};
    auto compressed = compress_body(settings_.compression, pieces);
    Outcome outcome;
    if (!compressed) {
        outcome.message.assign(compressed.error().text);
        return outcome;
    }
    request_.body = std::move(*compressed);
    const std::size_t bytes_wire = request_.body.size();
    // By incidents: one of them with the tale of a gap cannot be halved any more.
    outcome = judge_otlp(fetcher_.fetch(request_), incidents_, now.unix_ns);
    outcome.bytes_raw = head.size() + batch_.records_bytes().size() + tail.size();
    outcome.bytes_wire = bytes_wire;
    return outcome;
}

}  // namespace homeostat
