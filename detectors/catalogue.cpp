#include "detectors/catalogue.hpp"

namespace homeostat {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

// Sources of the limits: prometheus/node_exporter's mixin, netdata/netdata health.d, Checkmk and
// Zabbix templates, kubernetes/node-problem-detector. See docs/detection.md.
constexpr std::array kStockConditions{
    Condition{.name = "filesystem_full",
              .incident = "filesystem_space",
              .metric = "filesystem_used_ratio",
              .comparison = Comparison::AtLeast,
              .steps = {{{Severity::Warning, 0.90, 20 * kGiB},
                         {Severity::Error, 0.95, 10 * kGiB},
                         {Severity::Critical, 0.98, 5 * kGiB}}},
              .steps_used = 3,
              .room_metric = "filesystem_avail_bytes",
              .witness = {},
              .clear_margin = 0.02,
              .confirm = seconds(10),
              .clear_after = seconds(30),
              .advice = "delete what is not needed, or grow the file system"},
    Condition{.name = "filesystem_inodes_full",
              .incident = "filesystem_inodes",
              .metric = "filesystem_files_used_ratio",
              .comparison = Comparison::AtLeast,
              .steps = {{{Severity::Warning, 0.90, 0},
                         {Severity::Error, 0.95, 0},
                         {Severity::Critical, 0.99, 0}}},
              .steps_used = 3,
              .room_metric = {},
              .witness = {},
              .clear_margin = 0.02,
              .confirm = seconds(10),
              .clear_after = seconds(30),
              .advice = "many small files: look for sessions, caches and mail queues"},
    Condition{.name = "filesystem_read_only",
              .incident = "filesystem_read_only",
              .metric = "filesystem_read_only",
              .comparison = Comparison::Became,
              .steps = {{{Severity::Critical, 1, 0}}},
              .steps_used = 1,
              .room_metric = {},
              .witness = {},
              .clear_margin = 0.5,
              .confirm = seconds(0),
              .clear_after = seconds(10),
              .advice =
                  "the kernel stops writing after an I/O error: stop writers, check the disk, "
                  "do not remount blindly"},
    Condition{.name = "memory_exhausted",
              .incident = "memory_exhausted",
              .metric = "memory_available_ratio",
              .comparison = Comparison::AtMost,
              .steps = {{{Severity::Warning, 0.10, 0},
                         {Severity::Error, 0.05, 0},
                         {Severity::Critical, 0.02, 0}}},
              .steps_used = 3,
              .room_metric = {},
              .witness = {"pressure_memory_some_avg60_ratio", 0.05},
              .clear_margin = 0.02,
              .confirm = seconds(60),
              .clear_after = seconds(60),
              .advice = "find the process that grows; tasks already wait for memory"},
    Condition{.name = "swap_full",
              .incident = "memory_exhausted",
              .metric = "swap_used_ratio",
              .comparison = Comparison::AtLeast,
              .steps = {{{Severity::Warning, 0.90, 0}, {Severity::Error, 0.98, 0}}},
              .steps_used = 2,
              .room_metric = {},
              .witness = {"pressure_memory_some_avg60_ratio", 0.05},
              .clear_margin = 0.05,
              .confirm = seconds(60),
              .clear_after = seconds(60),
              .advice = "the next allocation may start the OOM killer"},
    Condition{.name = "memory_stall",
              .incident = "memory_exhausted",
              .metric = "pressure_memory_full_avg60_ratio",
              .comparison = Comparison::AtLeast,
              .steps = {{{Severity::Warning, 0.20, 0}, {Severity::Error, 0.50, 0}}},
              .steps_used = 2,
              .room_metric = {},
              .witness = {},
              .clear_margin = 0.10,
              .confirm = seconds(30),
              .clear_after = seconds(60),
              .advice = "all tasks wait for memory at once: stop or limit the largest"},
    Condition{.name = "oom_kill",
              .incident = "oom_kill",
              .metric = "oom_kills_count",
              .comparison = Comparison::Grew,
              .steps = {{{Severity::Error, 1, 0}}},
              .steps_used = 1,
              .room_metric = {},
              .witness = {},
              .clear_margin = 0,
              .confirm = seconds(0),
              .clear_after = minutes(10),
              .advice = "the kernel killed a process for lack of memory: see who, and its limit"},
};

constexpr std::array kForecastRules{
    ForecastRule{.name = "filesystem_filling",
                 .incident = "filesystem_space",
                 .metric = "filesystem_used_ratio",
                 .size_metric = "filesystem_size_bytes",
                 .advice = "delete what is not needed, grow it, or stop the writer"},
    ForecastRule{.name = "filesystem_inodes_filling",
                 .incident = "filesystem_inodes",
                 .metric = "filesystem_files_used_ratio",
                 .size_metric = {},
                 .advice = "many small files: look for sessions, caches and mail queues"},
};

}  // namespace

std::span<const Condition> stock_conditions() {
    return kStockConditions;
}

const Condition* find_stock_condition(std::string_view name) {
    for (const Condition& condition : kStockConditions) {
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
