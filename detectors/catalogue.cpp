#include "detectors/catalogue.hpp"

#include <vector>

#include "detectors/catalogue_rows.hpp"

namespace homeostat {
namespace {

constexpr std::array kForecastRules{
    ForecastRule{.name = "filesystem_filling",
                 .incident = "filesystem_space",
                 .metric = "filesystem_used_ratio",
                 .size_metric = "filesystem_size_bytes",
                 .remedy = "clean-disk",
                 .advice = "delete what is not needed, grow it, or stop the writer"},
    ForecastRule{.name = "filesystem_inodes_filling",
                 .incident = "filesystem_inodes",
                 .metric = "filesystem_files_used_ratio",
                 .size_metric = {},
                 .remedy = {},
                 .advice = "many small files: look for sessions, caches and mail queues"},
};

std::vector<Condition> all_rows() {
    std::vector<Condition> rows;
    for (const std::span<const Condition> part :
         {processor_conditions(), memory_conditions(), storage_conditions(), device_conditions(),
          network_conditions(), kernel_conditions(), service_conditions()}) {
        rows.insert(rows.end(), part.begin(), part.end());
    }
    rows.shrink_to_fit();  // kept for good
    return rows;
}

}  // namespace

std::string_view name_of(Comparison comparison) {
    switch (comparison) {
        case Comparison::AtLeast: return "at_least";
        case Comparison::AtMost: return "at_most";
        case Comparison::Became: return "became";
        case Comparison::Ceased: return "ceased";
        case Comparison::Grew: return "grew";
    }
    return "unknown";
}

std::span<const Condition> stock_conditions() {
    static const std::vector<Condition> rows = all_rows();
    return rows;
}

const Condition* find_stock_condition(std::string_view name) {
    for (const Condition& condition : stock_conditions()) {
        if (condition.name == name) return &condition;
    }
    return nullptr;
}

std::span<const ForecastRule> stock_forecasts() {
    return kForecastRules;
}

std::string_view advice_for(std::string_view name) {
    if (const Condition* condition = find_stock_condition(name)) return condition->advice;
    for (const ForecastRule& rule : kForecastRules) {
        if (rule.name == name) return rule.advice;
    }
    return {};
}

}  // namespace homeostat
