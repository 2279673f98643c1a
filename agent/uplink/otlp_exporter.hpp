// OtlpExporter sends incidents as OTLP/HTTP logs in binary Protobuf.
#pragma once

#include <memory>
#include <string>

#include "agent/uplink/exporter.hpp"
#include "agent/uplink/otlp.hpp"
#include "agent/uplink/settings.hpp"
#include "core/fetcher.hpp"

namespace homeostat {

class OtlpExporter final : public Exporter {
public:
    OtlpExporter(OtlpSettings settings, const AgentIdentity& identity, Fetcher& fetcher);
    ~OtlpExporter() override;

    void begin() override;
    bool add(const Incident& incident, const Gap& gap, Instant now) override;
    Outcome send(Instant now) override;
    [[nodiscard]] std::size_t records_max() const override;

private:
    OtlpSettings settings_;
    Fetcher& fetcher_;
    std::string config_hash_;
    HttpRequest request_;
    OtlpBatch batch_;
    std::size_t incidents_ = 0;  // of the batch, without the records that tell of a gap
    std::unique_ptr<otlp::v1::LogRecord> record_;  // kept: its memory is used again
    std::unique_ptr<otlp::v1::LogRecord> gap_record_;
};

// "{base}/v1/logs"; a URL that ends in it already is taken as it is.
std::string otlp_logs_url(std::string_view endpoint);

}  // namespace homeostat
