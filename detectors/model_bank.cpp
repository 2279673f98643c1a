#include "detectors/model_bank.hpp"

#include <algorithm>

#include "core/hash.hpp"

namespace homeostat {
namespace {

std::uint64_t hash_of(ModelKind kind, MetricKind metric_kind, std::string_view metric,
                      SubjectKind subject_kind, std::string_view subject) {
    const auto kinds = static_cast<std::uint64_t>(kind) << 16U |
                       static_cast<std::uint64_t>(metric_kind) << 8U |
                       static_cast<std::uint64_t>(subject_kind);
    return mix(fnv1a(subject, mix(fnv1a(metric, mix(kinds + 1)))));
}

}  // namespace

void ModelBank::add(const SavedModel& model) {
    entries_.push_back(
        {hash_of(model.kind, model.metric_kind, model.metric, model.subject_kind, model.subject),
         model});
}

void ModelBank::seal() {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.hash < b.hash; });
}

std::string_view ModelBank::find(ModelKind kind, const SeriesInfo& info) const {
    const std::uint64_t hash =
        hash_of(kind, info.kind, info.metric, info.subject.kind, info.subject.name);
    auto entry = std::lower_bound(entries_.begin(), entries_.end(), hash,
                                  [](const Entry& a, std::uint64_t b) { return a.hash < b; });
    for (; entry != entries_.end() && entry->hash == hash; ++entry) {
        const SavedModel& model = entry->model;
        if (model.kind == kind && model.metric_kind == info.kind && info.metric == model.metric &&
            model.subject_kind == info.subject.kind && info.subject.name == model.subject) {
            return model.state;
        }
    }
    return {};
}

}  // namespace homeostat
