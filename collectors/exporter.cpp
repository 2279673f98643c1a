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

Status ExporterTarget::note(const Result<HttpResponse>& answer, Instant began, Duration took,
                            ExpositionParser& parser) {
    const auto samples = read(answer, began, parser);

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
Result<std::uint64_t> ExporterTarget::read(const Result<HttpResponse>& answer, Instant now,
                                           ExpositionParser& parser) {
    incoming_.clear();
    wanted_ = 0;
    limits_kept_ = Ok{};
    const auto failed = [this](const Error& error) {
        return make_error(error.code, "exporter {}: {}", settings_.name, error.text);
    };
    if (!answer) return failed(answer.error());
    if (answer->status != kHttpOk) {
        return make_error(Errc::Failed, "exporter {}: expected HTTP status 200, got {}",
                          settings_.name, answer->status);
    }
    std::uint64_t samples = 0;
    const auto status = parser.parse(answer->body, exposition_format_of(answer->content_type),
                                     [&](const ExposedSample& sample) {
                                         ++samples;
                                         keep(sample, now);
                                     });
    if (!status) return failed(status.error());
    if (!limits_kept_) return failed(limits_kept_.error());
    if (settings_.limits.samples > 0 && wanted_ > settings_.limits.samples) {
        return make_error(Errc::Limit, "exporter {}: {} samples, sample_limit is {}",
                          settings_.name, wanted_, settings_.limits.samples);
    }
    return samples;
}

void ExporterTarget::keep(const ExposedSample& sample, Instant now) {
    if (settings_.wanted && !settings_.wanted(sample.name, sample.labels)) return;
    ++wanted_;
    if (limits_kept_) limits_kept_ = check_sample(settings_.limits, sample.name, sample.labels);
    if (!std::isfinite(sample.value)) return;  // "no value", as a summary without observations has
    if (settings_.skip_native && is_read_natively(sample.name)) return;
    if (sample.timestamp_ms) {
        const std::int64_t now_ms = now.unix_ns / milliseconds(1).ns;
        const std::int64_t age_max = kStaleIntervals * settings_.interval.ns / milliseconds(1).ns;
        if (*sample.timestamp_ms < now_ms - age_max) return;
    }
    incoming_.add(sample.name, sample.labels, metric_kind_of(sample), sample.value);
}

ExporterCollector::ExporterCollector(ExporterTarget& target, SeriesOwner owner)
    : target_(target), owner_(owner), batch_(target.settings().series_max) {}

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
    return health.up ? room(health, out.table()) : Ok{};
}

// What fits is watched; that it is not all must show.
Status ExporterCollector::room(const ExporterHealth& health, const SeriesTable& table) const {
    const ExporterSettings& settings = target_.settings();
    if (health.refused > 0) {
        return make_error(Errc::Limit,
                          "exporter {}: {} series are beyond its share of {}: drop some with "
                          "metric_relabel_configs, or raise series_max",
                          settings.name, health.refused, settings.series_max);
    }
    // With room left they are too long for a slot: the table counts them, and the rest is good.
    if (homeless_ > 0 && table.used(owner_) >= settings.series_max) {
        return make_error(Errc::Limit,
                          "exporter {}: {} series have no place, its share of {} is held by "
                          "others of it (labels that change?)",
                          settings.name, homeless_, settings.series_max);
    }
    return Ok{};
}

void ExporterCollector::add_series(Samples& out) {
    const std::uint64_t refused = out.table().refused();
    Subject subject{.kind = SubjectKind::Target, .name = {}};
    for (const ExporterBatch::Item& item : batch_.items()) {
        subject.name.assign(target_.settings().name);
        if (item.labels_size > 0) {
            subject.name.append("{");
            subject.name.append(batch_.labels(item));
            subject.name.append("}");
        }
        const std::string_view name = batch_.name(item);
        out.add(Metric{name, unit_of_metric(name), item.kind, Aspect::Other}, subject, item.value,
                owner_);
    }
    homeless_ = out.table().refused() - refused;
}

std::span<const Metric> ExporterCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
