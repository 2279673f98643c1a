// ModelBank holds the models of a former run until the series they belong to are seen again.
//
// A model is kept under what its series is (metric, kind of metric, subject), because slots are
// given out anew at every start. A metric that has changed its kind finds nothing: it starts anew.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/series.hpp"

namespace homeostat {

enum class ModelKind : std::uint8_t {
    Series,    // SeriesModel: what is normal
    Forecast,  // CapacityForecast: how it fills
};

struct SavedModel {
    ModelKind kind = ModelKind::Series;
    MetricKind metric_kind = MetricKind::Gauge;
    std::string_view metric;
    SubjectKind subject_kind = SubjectKind::Host;
    std::string_view subject;
    std::string_view state;  // the model's bytes
};

class ModelBank {
public:
    ModelBank() = default;
    // `backing`: what the views of the added models point into.
    explicit ModelBank(std::string backing) : backing_(std::move(backing)) {}
    ModelBank(const ModelBank&) = delete;  // views would point into the other one
    ModelBank& operator=(const ModelBank&) = delete;
    ModelBank(ModelBank&&) = delete;
    ModelBank& operator=(ModelBank&&) = delete;

    [[nodiscard]] std::string_view backing() const { return backing_; }
    void add(const SavedModel& model);
    // After the last add(), before the first find().
    void seal();

    // The state of this series' model; empty when there is none. Allocates nothing.
    [[nodiscard]] std::string_view find(ModelKind kind, const SeriesInfo& info) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

    struct Entry {
        std::uint64_t hash = 0;
        SavedModel model;
    };
    // All of them, in no order that means something.
    [[nodiscard]] std::span<const Entry> entries() const { return entries_; }

private:
    std::string backing_;
    std::vector<Entry> entries_;  // by hash, once sealed
};

// What Detectors can write down of a model, and read back.
template <typename Model>
std::string_view bytes_of(const Model& model) {
    static_assert(std::is_trivially_copyable_v<Model>);
    return {reinterpret_cast<const char*>(&model), sizeof model};
}

// False, and `model` as it was, when the bytes are none of this version's or make no sense.
template <typename Model>
bool read_bytes(std::string_view bytes, Model& model) {
    static_assert(std::is_trivially_copyable_v<Model>);
    if (bytes.size() != sizeof model) return false;
    Model read;
    std::memcpy(&read, bytes.data(), sizeof read);
    if (!read.is_sound()) return false;
    model = read;
    return true;
}

}  // namespace homeostat
