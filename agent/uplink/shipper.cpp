#include "agent/uplink/shipper.hpp"

#include <algorithm>

#include "agent/incidents/incident_proto.hpp"
#include "agent/uplink/alertmanager_destination.hpp"
#include "agent/uplink/journald_exporter.hpp"
#include "agent/uplink/json_lines_exporter.hpp"
#include "agent/uplink/otlp_exporter.hpp"
#include "agent/uplink/queued_destination.hpp"
#include "agent/uplink/rounding.hpp"
#include "agent/uplink/webhook_exporter.hpp"
#include "core/hash.hpp"

namespace homeostat {

std::string_view name_of(DestinationState state) {
    switch (state) {
        case DestinationState::Untried: return "untried";
        case DestinationState::Ok: return "ok";
        case DestinationState::Waiting: return "waiting";
        case DestinationState::Holding: return "holding";
        case DestinationState::Failing: return "failing";
    }
    return "unknown";
}

Result<HttpResponse> Shipper::UnlockedFetcher::fetch(const HttpRequest& request) {
    mutex_.unlock();
    auto response = fetcher_.fetch(request);
    mutex_.lock();
    return response;
}

Shipper::Shipper(const ShipSettings& settings, Spool& spool, Fetcher& fetcher, std::uint64_t seed,
                 Instant start)
    : fetcher_(fetcher, mutex_), spool_(spool) {
    const auto queue = [&](const std::string& name, Severity severity_min,
                           std::unique_ptr<Exporter> exporter) {
        const QueueSettings queue_settings{.name = name,
                                           .first_send_spread = settings.first_send_spread,
                                           .batch_interval = settings.batch_interval,
                                           .severity_min = severity_min,
                                           .retry_max = settings.retry_max};
        destinations_.push_back(std::make_unique<QueuedDestination>(
            queue_settings, spool_, std::move(exporter), fnv1a(name, seed), start));
    };
    for (const JsonLinesSettings& to : settings.json_lines) {
        queue(to.name, Severity::Info, std::make_unique<JsonLinesExporter>(to));
    }
    for (const JournaldSettings& to : settings.journald) {
        queue(to.name, Severity::Info, std::make_unique<JournaldExporter>(to));
    }
    for (const OtlpSettings& to : settings.otlp) {
        queue(to.name, Severity::Info,
              std::make_unique<OtlpExporter>(to, settings.identity, fetcher_));
    }
    for (const WebhookSettings& to : settings.webhooks) {
        queue(to.name, to.severity_min,
              std::make_unique<WebhookExporter>(to, settings.identity, fetcher_));
    }
    for (const AlertmanagerSettings& to : settings.alertmanagers) {
        destinations_.push_back(std::make_unique<AlertmanagerDestination>(
            to, settings.identity, fetcher_, settings.first_send_spread, fnv1a(to.name, seed),
            start));
    }
}

Shipper::~Shipper() = default;

void Shipper::restore(const Incident& incident, Instant now) {
    const std::lock_guard lock(mutex_);
    for (const auto& destination : destinations_) destination->restore(incident, now);
}

void Shipper::accept(const Incident& incident, Instant now) {
    Incident rounded = incident;
    round_numbers(rounded);
    const std::lock_guard lock(mutex_);
    encode_incident(rounded, scratch_);
    spool_.add(spool_class_of(incident), scratch_);
    for (const auto& destination : destinations_) destination->accept(incident, now);
}

bool Shipper::flush(Instant now) {
    const std::lock_guard lock(mutex_);
    return spool_.commit(now);
}

void Shipper::step(Instant now) {
    const std::lock_guard lock(mutex_);
    spool_.commit(now);  // nothing to do but when the disk is to be tried again
    for (const auto& destination : destinations_) destination->step(now);
}

Instant Shipper::next_due() const {
    const std::lock_guard lock(mutex_);
    Instant due = spool_.next_due();
    for (const auto& destination : destinations_) due = std::min(due, destination->next_due());
    return due;
}

Duration Shipper::pause(Instant now) const {
    const Instant due = next_due();
    if (due > now + kPauseMost) return kPauseMost;
    return std::max(due - now, kPauseLeast);
}

std::vector<DestinationStatus> Shipper::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<DestinationStatus> all;
    for (const auto& destination : destinations_) all.push_back(destination->status());
    return all;
}

SpoolStatus Shipper::spool_status() const {
    const std::lock_guard lock(mutex_);
    return spool_.status();
}

}  // namespace homeostat
