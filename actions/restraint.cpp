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
constexpr const char* kDropInPaths = "DropInPaths";
constexpr const char* kFragmentPath = "FragmentPath";
constexpr std::array kProperties{kCpuWeight,     kIoWeight,    kMemoryHigh.data(),
                                 kMemoryCurrent, kDropInPaths, kFragmentPath};

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

bool is_of_the_distribution(std::string_view path) {
    return path.starts_with("/usr/lib/systemd/system/") || path.starts_with("/lib/systemd/system/");
}

bool is_default(const ShareChange& change) {
    return change.before.empty() || change.before == "infinity";
}

// systemd keeps what was set until the next boot in a file of its own for each property.
bool is_left_by(const std::vector<ShareChange>& changes, std::string_view unit,
                std::string_view path) {
    return std::any_of(changes.begin(), changes.end(), [&](const ShareChange& change) {
        return path ==
               fmt::format("/run/systemd/system.control/{}.d/50-{}.conf", unit, change.property);
    });
}

// Whether `systemctl revert` would take away what we have left behind and nothing else: everything
// was at its default before, the unit is the distribution's own, and nobody has laid anything over
// it but we.
bool only_ours_is_left(const std::vector<ShareChange>& changes, std::string_view unit,
                       std::string_view shown) {
    if (!is_of_the_distribution(unit_property(shown, kFragmentPath))) return false;
    if (!std::all_of(changes.begin(), changes.end(), is_default)) return false;
    std::string_view rest = unit_property(shown, kDropInPaths);
    for (auto path = next_word(rest); !path.empty(); path = next_word(rest)) {
        if (!is_of_the_distribution(path) && !is_left_by(changes, unit, path)) return false;
    }
    return true;
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
    if (assignments.size() == changes.size() && only_ours_is_left(changes, unit, *shown)) {
        // What stays otherwise is a file in /run that says what holds anyway, until the next boot.
        static_cast<void>(revert_unit(unit, spawner));
    }
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
