#include "collectors/exporter_batch.hpp"

#include <limits>

#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kTextPerSeries = 128;  // name and labels; node_exporter's mean is 60

}  // namespace

ExporterBatch::ExporterBatch(std::size_t series_max)
    : series_max_(series_max), text_max_(series_max * kTextPerSeries), index_(2 * series_max + 1) {
    items_.reserve(series_max);
    text_.reserve(text_max_);
}

void ExporterBatch::clear() {
    items_.clear();
    text_.clear();
    index_.assign(index_.size(), 0);
    duplicates_ = 0;
    refused_ = 0;
}

// REQUIRES: there is room. Marks the series as seen, by the item that comes next.
bool ExporterBatch::seen_before(std::string_view name, std::string_view labels_text) {
    std::size_t cell = mix(fnv1a(labels_text, fnv1a(name))) % index_.size();
    for (; index_[cell] != 0; cell = (cell + 1) % index_.size()) {
        const Item& item = items_[index_[cell] - 1];
        if (this->name(item) == name && labels(item) == labels_text) return true;
    }
    index_[cell] = static_cast<std::uint32_t>(items_.size() + 1);
    return false;
}

void ExporterBatch::add(std::string_view name, std::string_view labels, MetricKind kind,
                        double value) {
    constexpr std::size_t kSizeMax = std::numeric_limits<std::uint16_t>::max();
    if (items_.size() == series_max_ || name.size() > kSizeMax || labels.size() > kSizeMax ||
        text_.size() + name.size() + labels.size() > text_max_) {
        ++refused_;
        return;
    }
    if (seen_before(name, labels)) {
        ++duplicates_;
        return;
    }
    items_.push_back({.name_at = static_cast<std::uint32_t>(text_.size()),
                      .name_size = static_cast<std::uint16_t>(name.size()),
                      .labels_size = static_cast<std::uint16_t>(labels.size()),
                      .kind = kind,
                      .value = value});
    text_ += name;
    text_ += labels;
}

}  // namespace homeostat
