#include "collectors/exporter.hpp"

#include <array>
#include <cmath>

#include "collectors/exporter_catalogue.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric kUp{"exporter_up", Unit::None, MetricKind::State, Aspect::Errors};
constexpr Metric kDuration{"exporter_scrape_seconds", Unit::Seconds, MetricKind::Gauge,
                           Aspect::Other};
constexpr Metric kSamples{"exporter_samples_count", Unit::Count, MetricKind::Gauge, Aspect::Other};
constexpr std::array kMetrics{kUp, kDuration, kSamples};

constexpr const char* kAccept =
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

constexpr int kHttpOk = 200;
constexpr int kStaleIntervals = 2;  // Prometheus' own measure is five minutes: far too long here

HttpRequest request_of(const ExporterSettings& settings) {
    HttpRequest request;
    request.url = settings.url;
    request.headers = settings.headers;
    request.headers.push_back({"Accept", kAccept});
    request.headers.push_back({"Accept-Encoding", "gzip"});
    request.headers.push_back(
        {"X-Prometheus-Scrape-Timeout-Seconds", fmt::format("{}", settings.timeout.seconds())});
    request.tls = settings.tls;
    request.connect_timeout = settings.timeout;
    request.timeout = settings.timeout;
    request.response_max = settings.body_bytes_max;
    return request;
}

}  // namespace

ExporterTarget::ExporterTarget(ExporterSettings settings)
    : settings_(std::move(settings)),
      request_(request_of(settings_)),
      incoming_(settings_.series_max),
      latest_(settings_.series_max) {}

bool ExporterTarget::is_due(Instant now) const {
    const std::lock_guard lock(mutex_);
    return !health_.tried || now - health_.at >= settings_.interval;
}

ExporterHealth ExporterTarget::health() const {
    const std::lock_guard lock(mutex_);
    return health_;
}

bool ExporterTarget::take(ExporterBatch& batch) {
    const std::lock_guard lock(mutex_);
    if (!fresh_) return false;
    std::swap(batch, latest_);
    fresh_ = false;
    return true;
}

Status ExporterTarget::scrape(Fetcher& fetcher, const Clock& clock, ExpositionParser& parser) {
    const Instant began = clock.now();
    incoming_.clear();
    const auto samples = fetch_and_parse(fetcher, began, parser);
    const Duration took = clock.now() - began;

    const std::lock_guard lock(mutex_);
    health_.tried = true;
    health_.up = samples.has_value();
    health_.at = began;
    health_.took = took;
    ++health_.scrapes;
    if (!samples) {
        ++health_.failures;
        health_.reason = samples.error().text.view();
        return samples.error();
    }
    health_.reason.clear();
    health_.samples = *samples;
    health_.duplicates = incoming_.duplicates();
    health_.refused = incoming_.refused();
    std::swap(incoming_, latest_);
    fresh_ = true;
    return Ok{};
}

// Fills incoming_; the number of samples in the body. All or nothing: the caller uses incoming_
// only when there is no error.
Result<std::uint64_t> ExporterTarget::fetch_and_parse(Fetcher& fetcher, Instant now,
                                                      ExpositionParser& parser) {
    const auto response = fetcher.fetch(request_);
    if (!response) {
        return make_error(response.error().code, "exporter {}: {}", settings_.name,
                          response.error().text);
    }
    if (response->status != kHttpOk) {
        return make_error(Errc::Failed, "exporter {}: expected HTTP status 200, got {}",
                          settings_.name, response->status);
    }
    std::uint64_t samples = 0;
    const auto status = parser.parse(response->body, exposition_format_of(response->content_type),
                                     [&](const ExposedSample& sample) {
                                         ++samples;
                                         keep(sample, now);
                                     });
    if (!status) {
        return make_error(status.error().code, "exporter {}: {}", settings_.name,
                          status.error().text);
    }
    return samples;
}

void ExporterTarget::keep(const ExposedSample& sample, Instant now) {
    if (!std::isfinite(sample.value)) return;  // "no value", as a summary without observations has
    if (settings_.skip_native && is_read_natively(sample.name)) return;
    if (sample.timestamp_ms) {
        const std::int64_t now_ms = now.unix_ns / milliseconds(1).ns;
        const std::int64_t age_max = kStaleIntervals * settings_.interval.ns / milliseconds(1).ns;
        if (*sample.timestamp_ms < now_ms - age_max) return;
    }
    if (settings_.wanted && !settings_.wanted(sample.name, sample.labels)) return;
    incoming_.add(sample.name, sample.labels, metric_kind_of(sample), sample.value);
}

ExporterCollector::ExporterCollector(ExporterTarget& target)
    : target_(target), batch_(target.settings().series_max) {}

Status ExporterCollector::collect(const Root&, Samples& out) {
    if (!asked_) first_asked_ = out.at();
    asked_ = true;
    const ExporterSettings& settings = target_.settings();
    const ExporterHealth health = target_.health();
    const Subject subject{.kind = SubjectKind::Target, .name = std::string_view(settings.name)};
    if (health.tried) {
        out.add(kUp, subject, health.up ? 1 : 0);
        out.add(kDuration, subject, health.took.seconds());
    }
    if (health.up) out.add(kSamples, subject, as_double(health.samples));
    if (target_.take(batch_)) add_series(out);

    if (health.tried && !health.up)
        return Error{.code = Errc::Failed, .text = health.reason.view()};
    const Duration silent = out.at() - (health.tried ? health.at : first_asked_);
    if (silent > settings.interval * kStaleIntervals + settings.timeout) {
        return make_error(Errc::Timeout, "exporter {}: no scrape for two intervals", settings.name);
    }
    if (health.up && health.refused > 0) {  // what fits is watched; that it is not all must show
        return make_error(Errc::Limit,
                          "exporter {}: {} series are beyond its limit of {}: drop some with "
                          "metric_relabel_configs, or raise series_max",
                          settings.name, health.refused, settings.series_max);
    }
    return Ok{};
}

void ExporterCollector::add_series(Samples& out) {
    Subject subject{.kind = SubjectKind::Target, .name = {}};
    for (const ExporterBatch::Item& item : batch_.items()) {
        subject.name.assign(target_.settings().name);
        if (item.labels_size > 0) {
            subject.name.append("{");
            subject.name.append(batch_.labels(item));
            subject.name.append("}");
        }
        const std::string_view name = batch_.name(item);
        out.add(Metric{name, unit_of_metric(name), item.kind, Aspect::Other}, subject, item.value);
    }
}

std::span<const Metric> ExporterCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
