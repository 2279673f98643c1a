#include "core/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/format.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kNameMax = 64;
using Row = std::array<std::size_t, kNameMax + 1>;

// The optimal string alignment distance, in three rows.
std::size_t distance(std::string_view a, std::string_view b) {
    Row before_last{};
    Row last{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last = last;
        last = row;
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    if (name.empty() || name.size() > kNameMax) return {};
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(name.size() / 3, 1) + 1;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > kNameMax) continue;
        const std::size_t errors = distance(name, candidate);
        if (errors < best_distance) {
            best = candidate;
            best_distance = errors;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
    const std::string_view nearest = nearest_name(name, candidates);
    if (nearest.empty()) return {};
    return fmt::format(" (did you mean '{}'?)", nearest);
}

}  // namespace homeostat
