#include "agent/config/load_conditions.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "collectors/registry.hpp"
#include "core/nearest.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array kSeverities{Severity::Info, Severity::Warning, Severity::Error,
                                 Severity::Critical};
constexpr std::array kComparisons{Comparison::AtLeast, Comparison::AtMost, Comparison::Became,
                                  Comparison::Ceased, Comparison::Grew};

const Metric* find_metric(std::string_view name) {
    for (const CollectorRow& row : collector_rows()) {
        for (const Metric& metric : row.metrics) {
            if (metric.name == name) return &metric;
        }
    }
    return nullptr;
}

std::vector<std::string_view> metric_names() {
    std::vector<std::string_view> names;
    for (const CollectorRow& row : collector_rows()) {
        for (const Metric& metric : row.metrics) names.push_back(metric.name);
    }
    return names;
}

std::vector<std::string_view> event_names() {
    std::vector<std::string_view> names;
    for (int kind = 0; kind <= static_cast<int>(kEventKindLast); ++kind) {
        names.push_back(name_of(static_cast<EventKind>(kind)));
    }
    return names;
}

// What a limit is written in: "10 GiB", "90 %", "5 ms", "80" (no unit: the metric's own).
struct Quantity {
    double value = 0;
    std::optional<Unit> unit;
    bool percent = false;
};

struct UnitWord {
    std::string_view word;
    double scale;
    Unit unit;
};

constexpr std::array kUnitWords{
    UnitWord{"B", 1, Unit::Bytes},
    UnitWord{"KiB", 1024, Unit::Bytes},
    UnitWord{"MiB", 1024.0 * 1024, Unit::Bytes},
    UnitWord{"GiB", 1024.0 * 1024 * 1024, Unit::Bytes},
    UnitWord{"TiB", 1024.0 * 1024 * 1024 * 1024, Unit::Bytes},
    UnitWord{"ms", 1e-3, Unit::Seconds},
    UnitWord{"s", 1, Unit::Seconds},
    UnitWord{"min", 60, Unit::Seconds},
    UnitWord{"h", 3600, Unit::Seconds},
    UnitWord{"C", 1, Unit::Celsius},
};

std::optional<Quantity> parse_quantity(std::string_view text) {
    std::size_t digits = 0;
    while (digits < text.size() && (is_blank(text[digits]) == false) &&
           std::string_view("0123456789.+-e").find(text[digits]) != std::string_view::npos) {
        ++digits;
    }
    const auto value = parse_double(text.substr(0, digits));
    if (!value || *value != *value) return std::nullopt;
    const std::string_view word = trim(text.substr(digits));
    if (word.empty()) return Quantity{*value, std::nullopt, false};
    if (word == "%") return Quantity{*value / 100, std::nullopt, true};
    for (const UnitWord& unit : kUnitWords) {
        if (word == unit.word) return Quantity{*value * unit.scale, unit.unit, false};
    }
    return std::nullopt;
}

// Why this limit can never be right for the metric; empty when it can.
std::string impossible(const Quantity& limit, const Metric* metric, const Condition& condition) {
    if (metric == nullptr || !condition.per.empty()) return {};
    if (limit.percent && metric->kind != MetricKind::Ratio) {
        return fmt::format("'{}' is no share of a whole, so that '%' has no meaning", metric->name);
    }
    const bool rate =
        metric->kind == MetricKind::Counter && condition.comparison != Comparison::Grew;
    if (limit.unit && *limit.unit != metric->unit) {
        return fmt::format("the limit is in {}, '{}' is in {}", name_of(*limit.unit), metric->name,
                           metric->unit == Unit::None ? "plain numbers" : name_of(metric->unit));
    }
    const double value = limit.value;
    if (metric->kind == MetricKind::Ratio && (value < 0 || value > 1)) {
        return fmt::format("'{}' lies between 0 and 1: {:g} is never reached (write '{:g} %'?)",
                           metric->name, value, value);
    }
    if (metric->kind == MetricKind::State && value != 0 && value != 1) {
        return fmt::format("'{}' is 0 or 1, never {:g}", metric->name, value);
    }
    if (rate && value <= 0 && worse_above(condition.comparison)) {
        return fmt::format("the rate of '{}' is always 0 or more: this always holds", metric->name);
    }
    return {};
}

bool is_worse(const Condition& condition, const ConditionStep& a, const ConditionStep& b) {
    return a.limit != b.limit && (a.limit > b.limit) == worse_above(condition.comparison);
}

// The named steps, and the stock ones that still fit between them, mildest first.
ConditionSteps joined(const Condition& condition, const ConditionSteps& named) {
    ConditionSteps steps = named;
    for (const ConditionStep& stock : condition.steps) {
        const bool fits = std::all_of(named.begin(), named.end(), [&](const ConditionStep& step) {
            if (step.severity == stock.severity) return false;
            return step.severity < stock.severity ? is_worse(condition, stock, step)
                                                  : is_worse(condition, step, stock);
        });
        if (fits) (void)steps.push(stock);  // at most three: those of the catalogue
    }
    sort_in_place(steps, [](const ConditionStep& a, const ConditionStep& b) {
        return a.severity < b.severity;
    });
    return steps;
}

}  // namespace

std::string_view ConditionsLoader::keep(std::string text) {
    config_.texts->push_back(std::move(text));
    return config_.texts->back();
}

void ConditionsLoader::read(const YamlNode& node, const ConfigContext& context) {
    if (!node.is_map()) {
        context.complain(node.mark, "conditions: expected names of conditions, got {}",
                         shown(node));
        return;
    }
    for (const YamlEntry& entry : node.entries) {
        const auto [first, is_new] = defined_in_.emplace(
            entry.key, fmt::format("{}:{}", context.file_of(entry.key_mark), entry.key_mark.line));
        if (!is_new) {
            context.complain(entry.key_mark, "condition '{}' is here twice: first at {}", entry.key,
                             first->second);
            continue;
        }
        auto& conditions = config_.detect.conditions;
        const auto known =
            std::find_if(conditions.begin(), conditions.end(),
                         [&](const Condition& condition) { return condition.name == entry.key; });
        if (known != conditions.end()) {
            change(entry, context, *known);
        } else {
            add(entry, context);
        }
    }
}

void ConditionsLoader::change(const YamlEntry& entry, const ConfigContext& context,
                              Condition& condition) {
    ConfigReader reader(entry.value, context);
    bool enabled = true;
    reader.flag("enabled", enabled);
    read_shared(reader, context, condition);
    reader.finish();
    if (enabled) return;
    std::erase_if(config_.detect.conditions,
                  [&](const Condition& other) { return other.name == entry.key; });
}

void ConditionsLoader::add(const YamlEntry& entry, const ConfigContext& context) {
    const bool looks_new = entry.value.is_map() && (entry.value.find("metric") != nullptr ||
                                                    entry.value.find("event") != nullptr);
    if (!looks_new) {
        std::vector<std::string_view> names;
        for (const Condition& known : config_.detect.conditions) names.push_back(known.name);
        context.complain(entry.key_mark,
                         "there is no condition '{}'{}; one of your own needs a 'metric' or an "
                         "'event'",
                         entry.key, did_you_mean(entry.key, names));
        return;
    }
    if (entry.key.size() > decltype(Finding::condition)::capacity()) {
        context.complain(entry.key_mark, "the name is longer than {} characters",
                         decltype(Finding::condition)::capacity());
        return;
    }
    const std::size_t errors_before = context.errors.size();
    Condition condition;
    condition.name = keep(entry.key);
    ConfigReader reader(entry.value, context);
    read_signal(reader, entry, context, condition);
    std::string opens;
    reader.text("opens", opens);
    condition.incident = keep(opens.substr(0, decltype(Finding::incident)::capacity()));
    read_shared(reader, context, condition);
    reader.finish();
    if (condition.steps.empty()) {
        if (!condition.event) {
            context.complain(entry.key_mark, "condition '{}' has no limits", entry.key);
        }
        (void)condition.steps.push({Severity::Warning, 1, 0});
    }
    if (condition.advice.empty()) condition.advice = "a condition of this host's owner";
    if (context.errors.size() == errors_before) config_.detect.conditions.push_back(condition);
}

bool ConditionsLoader::known_signal(std::string_view metric, const YamlNode& node,
                                    const ConfigContext& context) {
    if (scraped_ || find_metric(metric) != nullptr) return true;
    const auto names = metric_names();
    context.complain(node.mark,
                     "no collector tells '{}'{} (a metric of an exporter needs 'scraped: true')",
                     metric, did_you_mean(metric, names));
    return false;
}

void ConditionsLoader::read_signal(ConfigReader& reader, const YamlEntry& entry,
                                   const ConfigContext& context, Condition& condition) {
    scraped_ = false;
    reader.flag("scraped", scraped_);
    const YamlNode* metric = reader.child("metric");
    const YamlNode* event = reader.child("event");
    if (metric != nullptr && event != nullptr) {
        context.complain(entry.key_mark, "'metric' or 'event', not both");
    }
    if (metric != nullptr && known_signal(metric->text, *metric, context)) {
        condition.metric = keep(metric->text);
    }
    if (const YamlNode* per = reader.child("per")) {
        if (known_signal(per->text, *per, context)) condition.per = keep(per->text);
    }
    if (event != nullptr) {
        const auto names = event_names();
        const auto found = std::find(names.begin(), names.end(), event->text);
        if (found == names.end()) {
            context.complain(event->mark, "there is no event '{}'{}", event->text,
                             did_you_mean(event->text, names));
        } else {
            condition.event = static_cast<EventKind>(found - names.begin());
        }
    }
    std::string with;
    reader.text("with", with);
    condition.event_text = keep(with);
    std::size_t times = 1;
    reader.count("times", times, {1, 1000});
    condition.event_times = static_cast<std::uint32_t>(times);
    reader.duration("within", condition.event_within, {seconds(1), hours(24)});
    if (times > 1 && condition.event_within.ns == 0) {
        context.complain(entry.key_mark, "'times' needs 'within'");
    }
    std::vector<std::string_view> names;
    for (const Comparison comparison : kComparisons) names.push_back(name_of(comparison));
    std::size_t comparison = 0;
    reader.choice("compare", comparison, names);
    condition.comparison = kComparisons[comparison];
}

void ConditionsLoader::read_shared(ConfigReader& reader, const ConfigContext& context,
                                   Condition& condition) {
    reader.duration("confirm", condition.confirm, {Duration{}, hours(24)});
    reader.duration("clear_after", condition.clear_after, {Duration{}, hours(24)});
    reader.number("times_usual", condition.times_usual, {0, 1000});
    reader.number("clear_margin", condition.clear_margin, {0, 1e18});
    if (const YamlNode* limits = reader.child("limits")) read_limits(*limits, context, condition);
    if (const YamlNode* witness = reader.child("witness")) {
        read_witness(*witness, context, condition);
    }
    for (auto [key, out] :
         {std::pair("advice", &condition.advice), std::pair("remedy", &condition.remedy)}) {
        if (!reader.has(key)) continue;
        std::string text;
        reader.text(key, text);
        *out = keep(text);
    }
}

// `limits: {warning: 0.8, critical: '95 %'}`: those that are named replace those of the catalogue,
// and push out the stock ones that are no longer between their neighbours.
void ConditionsLoader::read_limits(const YamlNode& node, const ConfigContext& context,
                                   Condition& condition) {
    ConfigReader reader(node, context);
    ConditionSteps named;
    for (const Severity severity : kSeverities) {
        const YamlNode* limit = reader.child(name_of(severity));
        if (limit == nullptr) continue;
        const auto quantity = read_limit(*limit, severity, context, condition);
        if (!quantity) continue;
        // The owner's limit holds on any size: without the room that the stock one may ask for.
        if (!named.push({severity, *quantity, 0})) {
            context.complain(limit->mark, "at most {} limits", ConditionSteps::capacity());
        }
    }
    reader.finish();
    if (named.empty()) return;
    for (std::size_t i = 1; i < named.size(); ++i) {
        if (is_worse(condition, named[i], named[i - 1])) continue;
        context.complain(node.mark, "limits: {} ({:g}) is no worse than {} ({:g})",
                         name_of(named[i].severity), named[i].limit, name_of(named[i - 1].severity),
                         named[i - 1].limit);
        return;
    }
    condition.steps = joined(condition, named);
    const bool has_room = std::any_of(condition.steps.begin(), condition.steps.end(),
                                      [](const ConditionStep& step) { return step.room_max > 0; });
    if (!has_room) condition.room_metric = {};
}

std::optional<double> ConditionsLoader::read_limit(const YamlNode& node, Severity severity,
                                                   const ConfigContext& context,
                                                   const Condition& condition) {
    const auto quantity = node.is_scalar() ? parse_quantity(node.text) : std::optional<Quantity>{};
    if (!quantity) {
        context.complain(node.mark,
                         "{}: expected a number, with a unit such as '%', 'GiB' or 's' if need be, "
                         "got {}",
                         name_of(severity), shown(node));
        return std::nullopt;
    }
    const std::string why = impossible(*quantity, find_metric(condition.metric), condition);
    if (!why.empty()) {
        context.complain(node.mark, "{}: {}", name_of(severity), why);
        return std::nullopt;
    }
    return quantity->value;
}

// `witness: {metric: NAME, at_least: X}`, or `witness: none`.
void ConditionsLoader::read_witness(const YamlNode& node, const ConfigContext& context,
                                    Condition& condition) {
    condition.witness = {};
    condition.witness_or = {};
    condition.stands_in = false;
    if (node.is_scalar() && node.text == "none") return;
    ConfigReader reader(node, context);
    const YamlNode* metric = reader.child("metric");
    reader.number("at_least", condition.witness.limit, {0, 1e18});
    reader.finish();
    if (metric == nullptr) {
        context.complain(node.mark, "witness: expected 'none', or a 'metric' and 'at_least'");
    } else if (known_signal(metric->text, *metric, context)) {
        condition.witness.metric = keep(metric->text);
    }
}

}  // namespace homeostat
