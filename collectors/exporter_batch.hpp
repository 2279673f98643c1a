// ExporterBatch is one scrape's series in fixed memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/series.hpp"

namespace homeostat {

class ExporterBatch {
public:
    struct Item {
        std::uint32_t name_at = 0;  // into the batch's text; the labels follow the name
        std::uint16_t name_size = 0;
        std::uint16_t labels_size = 0;
        MetricKind kind = MetricKind::Gauge;
        double value = 0;
    };

    // Reserves everything now; pages are used up as they are filled.
    explicit ExporterBatch(std::size_t series_max);

    void clear();

    // Keeps the first of equal series. What is a duplicate, or finds no room, is counted.
    void add(std::string_view name, std::string_view labels, MetricKind kind, double value);

    [[nodiscard]] std::span<const Item> items() const { return items_; }
    [[nodiscard]] std::string_view name(const Item& item) const {
        return std::string_view(text_).substr(item.name_at, item.name_size);
    }
    [[nodiscard]] std::string_view labels(const Item& item) const {
        return std::string_view(text_).substr(item.name_at + item.name_size, item.labels_size);
    }
    [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    bool seen_before(std::string_view name, std::string_view labels);

    std::size_t series_max_;
    std::size_t text_max_;
    std::vector<Item> items_;
    std::vector<std::uint32_t> index_;  // open addressing: item + 1, 0 is empty
    std::string text_;
    std::uint64_t duplicates_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace homeostat
