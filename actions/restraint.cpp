#include "actions/restraint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "actions/unit_properties.hpp"
#include "core/format.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr const char* kCpuWeight = "CPUWeight";
constexpr const char* kIoWeight = "IOWeight";
constexpr std::string_view kMemoryHigh = "MemoryHigh";
constexpr const char* kMemoryCurrent = "MemoryCurrent";
constexpr std::array kProperties{kCpuWeight, kIoWeight, kMemoryHigh.data(), kMemoryCurrent};

constexpr std::uint64_t kDefaultWeight = 100;
constexpr std::uint64_t kMemoryStep = 64UL * 1024;  // whole pages on every machine

// "[not set]" and, before systemd 252, the number that stands for it: the default.
std::string value_of(std::string_view text, std::string_view name) {
    const std::string_view value = unit_property(text, name);
    const bool is_default = value == "[not set]" || value == "18446744073709551615";
    if (!is_default) return std::string(value);
    return name == kMemoryHigh ? "infinity" : "";
}

void lower_weight(const char* name, std::optional<std::uint32_t> wanted, std::string_view shown,
                  std::vector<ShareChange>& changes) {
    if (!wanted) return;
    const std::string before = value_of(shown, name);
    const std::uint64_t now = parse_u64(before).value_or(kDefaultWeight);
    if (now > *wanted) changes.push_back({name, before, std::to_string(*wanted)});
}

void lower_memory(std::optional<double> share, std::string_view shown,
                  std::vector<ShareChange>& changes) {
    const auto used = memory_in_use(shown);
    if (!share || !used) return;
    const auto wanted =
        static_cast<std::uint64_t>(static_cast<double>(*used) * *share) / kMemoryStep * kMemoryStep;
    const std::string before = value_of(shown, kMemoryHigh);
    const auto now = parse_u64(before);
    if (wanted == 0 || (now && *now <= wanted)) return;
    changes.push_back({std::string(kMemoryHigh), before, std::to_string(wanted)});
}

}  // namespace

Result<std::vector<ShareChange>> plan_restraint(const Restraint& restraint, const std::string& unit,
                                                Spawner& spawner) {
    const auto shown = show_unit(unit, kProperties, spawner);
    if (!shown) return shown.error();
    std::vector<ShareChange> changes;
    lower_weight(kCpuWeight, restraint.cpu_weight, *shown, changes);
    lower_weight(kIoWeight, restraint.io_weight, *shown, changes);
    lower_memory(restraint.memory_high, *shown, changes);
    if (changes.empty() && restraint.memory_high && !memory_in_use(*shown)) {
        return make_error(Errc::NotAvailable, "{} does not run, or nobody counts its memory", unit);
    }
    return changes;
}

Status begin_restraint(const std::vector<ShareChange>& changes, const std::string& unit,
                       Spawner& spawner) {
    std::vector<std::string> assignments;
    for (const ShareChange& change : changes) {
        assignments.push_back(change.property + "=" + change.during);
    }
    return assignments.empty() ? Status(Ok{}) : set_unit_properties(unit, assignments, spawner);
}

Result<std::size_t> end_restraint(const std::vector<ShareChange>& changes, const std::string& unit,
                                  Spawner& spawner) {
    const auto shown = show_unit(unit, kProperties, spawner);
    if (!shown) return shown.error();
    std::vector<std::string> assignments;
    for (const ShareChange& change : changes) {
        if (value_of(*shown, change.property) != change.during) continue;
        assignments.push_back(change.property + "=" + change.before);
    }
    if (assignments.empty()) return std::size_t{0};
    const auto set = set_unit_properties(unit, assignments, spawner);
    if (!set) return set.error();
    return assignments.size();
}

FixedString<111> describe_changes(const std::vector<ShareChange>& changes) {
    FixedString<111> text;
    for (const ShareChange& change : changes) {
        const std::string before = change.before.empty() ? "default" : change.before;
        FixedString<111> part;
        format_into(part, "{}{} {} -> {}", text.empty() ? "" : ", ", change.property, before,
                    change.during);
        text.append(part);
    }
    return text;
}

}  // namespace homeostat
