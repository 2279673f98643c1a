#include "core/series.hpp"

#include <algorithm>
#include <cmath>

namespace homeostat {
namespace {

std::uint64_t key_of(std::string_view metric, const Subject& subject) {
    return mix(fnv1a(metric, subject.hash()));
}

std::size_t index_size_for(std::size_t slots) {
    std::size_t size = 16;
    while (size < slots * 2) size *= 2;  // at most half full: probes stay short
    return size;
}

}  // namespace

std::string_view name_of(SubjectKind kind) {
    switch (kind) {
        case SubjectKind::Host: return "host";
        case SubjectKind::Core: return "core";
        case SubjectKind::Unit: return "unit";
        case SubjectKind::Mount: return "mount";
        case SubjectKind::Device: return "device";
        case SubjectKind::Interface: return "interface";
        case SubjectKind::Process: return "process";
        case SubjectKind::Target: return "target";
        case SubjectKind::Sensor: return "sensor";
    }
    return "unknown";
}

std::string_view name_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::Gauge: return "gauge";
        case MetricKind::Counter: return "counter";
        case MetricKind::Ratio: return "ratio";
        case MetricKind::State: return "state";
    }
    return "unknown";
}

std::string_view name_of(Unit unit) {
    switch (unit) {
        case Unit::None: return "";
        case Unit::Bytes: return "bytes";
        case Unit::Seconds: return "seconds";
        case Unit::Celsius: return "celsius";
        case Unit::Count: return "count";
        case Unit::PerSecond: return "per second";
    }
    return "unknown";
}

std::string_view name_of(Aspect aspect) {
    switch (aspect) {
        case Aspect::Utilisation: return "utilisation";
        case Aspect::Saturation: return "saturation";
        case Aspect::Errors: return "errors";
        case Aspect::Traffic: return "traffic";
        case Aspect::Capacity: return "capacity";
        case Aspect::Other: return "other";
    }
    return "unknown";
}

SeriesTable::SeriesTable(std::size_t slots_max)
    : slots_(slots_max), index_(index_size_for(slots_max), 0) {
    free_.reserve(slots_max);
    for (std::size_t i = slots_max; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
}

// The index cell that holds the series, or the empty cell where it would go.
std::size_t SeriesTable::probe(std::string_view metric, const Subject& subject) const {
    const std::size_t mask = index_.size() - 1;
    std::size_t cell = key_of(metric, subject) & mask;
    while (index_[cell] != 0) {
        const SeriesInfo& series = slots_[index_[cell] - 1];
        if (series.metric == metric && series.subject == subject) break;
        cell = (cell + 1) & mask;
    }
    return cell;
}

std::optional<SeriesId> SeriesTable::find(std::string_view metric, const Subject& subject) const {
    const std::uint32_t slot = index_[probe(metric, subject)];
    if (slot == 0) return std::nullopt;
    return SeriesId{slot - 1, slots_[slot - 1].generation};
}

std::optional<SeriesId> SeriesTable::find_or_add(const Metric& metric, const Subject& subject,
                                                 Instant now, SeriesOwner owner) {
    const std::size_t cell = probe(metric.name, subject);
    if (index_[cell] != 0) {
        SeriesInfo& series = slots_[index_[cell] - 1];
        series.last_seen = now;
        return SeriesId{index_[cell] - 1, series.generation};
    }
    Share& share = shares_.at(owner);
    Share& kind = of_kind(subject.kind);
    if (free_.empty() || share.is_full() || kind.is_full() ||
        metric.name.size() > decltype(SeriesInfo::metric)::capacity() ||
        subject.name.truncated()) {  // a cut name could stand for two series
        ++refused_;
        ++share.refused;
        ++kind.refused;
        return std::nullopt;
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    index_[cell] = slot + 1;
    SeriesInfo& series = slots_.touch(slot);
    series.metric.assign(metric.name);
    series.unit = metric.unit;
    series.kind = metric.kind;
    series.aspect = metric.aspect;
    series.subject = subject;
    series.last_seen = now;
    series.owner = owner;
    series.in_use = true;
    ++series.generation;
    ++used_;
    ++share.used;
    ++kind.used;
    return SeriesId{slot, series.generation};
}

void SeriesTable::evict_older_than(Duration age, Instant now, Duration crowded_age) {
    const std::size_t before = used_;
    std::array<Duration, kSubjectKinds> ages{};
    for (std::size_t i = 0; i < kinds_.size(); ++i) {
        ages[i] = kinds_[i].is_full() ? std::min(age, crowded_age) : age;
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        SeriesInfo& series = slots_[i];
        const Duration limit = ages[static_cast<std::size_t>(series.subject.kind)];
        if (!series.in_use || now - series.last_seen < limit) continue;
        series.in_use = false;
        free_.push_back(static_cast<std::uint32_t>(i));
        --used_;
        --shares_.at(series.owner).used;
        --of_kind(series.subject.kind).used;
        ++evicted_;
    }
    if (used_ != before) rebuild_index();
}

void SeriesTable::rebuild_index() {
    index_.assign(index_.size(), 0);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].in_use) continue;
        index_[probe(slots_[i].metric.view(), slots_[i].subject)] =
            static_cast<std::uint32_t>(i + 1);
    }
}

Samples::Samples(SeriesTable& table, std::size_t samples_max)
    : table_(table), samples_(samples_max) {}

void Samples::begin(Instant now) {
    size_ = 0;
    at_ = now;
}

void Samples::add(const Metric& metric, const Subject& subject, double value, SeriesOwner owner) {
    if (!std::isfinite(value) || size_ == samples_.size()) {
        ++dropped_;
        return;
    }
    const auto series = table_.find_or_add(metric, subject, at_, owner);
    if (!series) return;  // counted by the table
    samples_[size_++] = {*series, value};
}

std::optional<double> Samples::value(std::string_view metric, const Subject& subject) const {
    const auto series = table_.find(metric, subject);
    if (!series) return std::nullopt;
    for (std::size_t i = size_; i > 0; --i) {
        if (samples_[i - 1].series == *series) return samples_[i - 1].value;
    }
    return std::nullopt;
}

}  // namespace homeostat
