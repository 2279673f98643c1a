#include "agent/fleet/own_metrics.hpp"

#include "agent/fleet/connection_file.hpp"
#include "agent/uplink/settings.hpp"
#include "core/format.hpp"
#include "homeostat/otlp/v1/metrics.pb.h"

namespace homeostat {
namespace {

namespace pb = ::homeostat::otlp::v1;

constexpr std::uint32_t kCumulative = 2;
constexpr std::size_t kResponseMax = 64UL * 1024;

class Writer {
public:
    Writer(pb::ScopeMetrics& scope, std::int64_t start, std::int64_t now)
        : scope_(scope), start_(start), now_(now) {}

    void gauge(const char* name, const char* unit, double value) {
        pb::Metric& metric = add(name, unit);
        fill(*metric.mutable_gauge()->add_data_points(), value);
    }
    void sum(const char* name, const char* unit, double value) {
        pb::Sum& sum = *add(name, unit).mutable_sum();
        sum.set_aggregation_temporality(kCumulative);
        sum.set_is_monotonic(true);
        pb::NumberDataPoint& point = *sum.add_data_points();
        point.set_start_time_unix_nano(static_cast<std::uint64_t>(start_));
        fill(point, value);
    }

private:
    pb::Metric& add(const char* name, const char* unit) {
        pb::Metric& metric = *scope_.add_metrics();
        metric.set_name(name);
        metric.set_unit(unit);
        return metric;
    }
    void fill(pb::NumberDataPoint& point, double value) const {
        point.set_time_unix_nano(static_cast<std::uint64_t>(now_));
        point.set_as_double(value);
    }

    pb::ScopeMetrics& scope_;
    std::int64_t start_;
    std::int64_t now_;
};

}  // namespace

std::string own_metrics_body(const OpampIdentity& identity, const AgentStatus& status,
                             const AgentHealth& usage, std::int64_t now_unix_ns) {
    pb::ExportMetricsServiceRequest request;
    pb::ResourceMetrics& resource = *request.add_resource_metrics();
    for (const auto* attributes : {&identity.identifying, &identity.other}) {
        for (const auto& [name, value] : *attributes) {
            if (value.empty()) continue;
            pb::KeyValue& attribute = *resource.mutable_resource()->add_attributes();
            attribute.set_key(name);
            attribute.mutable_value()->set_string_value(value);
        }
    }
    pb::ScopeMetrics& scope = *resource.add_scope_metrics();
    scope.mutable_scope()->set_name("homeostat");
    Writer out(scope, identity.started_unix_ns, now_unix_ns);
    out.sum("process.cpu.time", "s", usage.cpu_seconds);
    out.gauge("process.memory.usage", "By", static_cast<double>(usage.resident_bytes));
    out.sum("homeostat.cycles", "{cycle}", static_cast<double>(status.ticks));
    out.sum("homeostat.cycle.overruns", "{cycle}", static_cast<double>(status.overruns));
    out.gauge("homeostat.series", "{series}", static_cast<double>(status.series));
    out.sum("homeostat.samples.dropped", "{sample}", static_cast<double>(status.samples_dropped));
    out.gauge("homeostat.incidents.open", "{incident}", static_cast<double>(status.incidents_open));
    out.sum("homeostat.incidents", "{incident}", static_cast<double>(status.incidents_opened));
    const ActionResults& actions = status.actions.all;
    out.sum("homeostat.actions", "{action}",
            static_cast<double>(actions.ok + actions.failed + actions.denied + actions.dry_run +
                                actions.rolled_back + actions.waiting + actions.unreached +
                                actions.unknown));
    double failing = 0;
    for (const CollectorLine& line : status.collectors) {
        const bool ails =
            line.state == CollectorState::Failing || line.state == CollectorState::Unknown;
        failing += ails ? 1 : 0;
    }
    out.gauge("homeostat.collectors.failing", "{collector}", failing);
    return request.SerializeAsString();
}

OwnMetrics::OwnMetrics(OpampIdentity identity, HttpTls tls, FleetFiles& files)
    : identity_(std::move(identity)), tls_(std::move(tls)), files_(files) {
    const auto text = files_.read(kOwnMetricsFile, kConnectionBytesMax);
    if (!text) return;
    auto kept = parse_connection(*text);
    if (!kept || !fault_of_headers(kept->headers).empty()) return;
    if (!check_url(kept->endpoint)) return;
    offer_ = {std::move(kept->hash), std::move(kept->endpoint), std::move(kept->headers), false};
}

std::string OwnMetrics::take(const OpampMetricsOffer& offer) {
    if (offer.brings_tls) return "certificates, TLS and proxies are set by the owner of the host";
    if (std::string fault = fault_of_headers(offer.headers); !fault.empty()) return fault;
    if (!offer.endpoint.empty()) {
        const auto usable = check_url(offer.endpoint);
        if (!usable) return "endpoint: " + std::string(usable.error().text.view());
    }
    offer_ = offer;
    sent_.reset();
    problem_.clear();
    if (offer_.endpoint.empty()) {
        files_.remove(kOwnMetricsFile);
    } else {  // on a disk that takes no writes it holds for this run
        (void)files_.write(kOwnMetricsFile,
                           to_text(ConnectionFile{offer.hash, "", offer.endpoint, offer.headers}));
    }
    return {};
}

void OwnMetrics::step(Instant now, Fetcher& fetcher, const AgentStatus& status,
                      const AgentHealth& usage) {
    if (!is_on() || (sent_ && now - *sent_ < kInterval)) return;
    sent_ = now;
    HttpRequest request;
    request.method = "POST";
    request.url = offer_.endpoint;
    request.headers = offer_.headers;
    request.headers.push_back({"Content-Type", "application/x-protobuf"});
    request.tls = tls_;
    request.response_max = kResponseMax;
    request.body = own_metrics_body(identity_, status, usage, now.unix_ns);
    const auto answer = fetcher.fetch(request);
    problem_ = !answer                     ? std::string(answer.error().text.view())
               : answer->status / 100 != 2 ? fmt::format("the server answers {}", answer->status)
                                           : std::string();
}

}  // namespace homeostat
