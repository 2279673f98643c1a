// Ingredients are what the learned models are made of. In a release all of them are used, and
// asking costs nothing; a build with HOMEOSTAT_ABLATION leaves out the one that
// tests/bench/ablation_probe.cpp is told to, so that scripts/ablation.sh can measure its worth.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace homeostat {

enum class Ingredient : std::uint8_t {
    Step,
    Shift,
    Level,
    Share,
    Floor,
    Ceiling,
    Frozen,
    Week,
    Jobs,
    Hours,  // judged by the series' own bad hours
    Lasting,
    Restless,
    Leaning,
    Slow,
    Beyond,
    Company,
    Drift,
    Whole,
    Shapes,
    Afterglow,
};

inline constexpr std::array<std::string_view, 20> kIngredientNames{
    "step",   "shift",   "level", "share",   "floor",    "ceiling",  "frozen",
    "week",   "jobs",    "hours", "lasting", "restless", "leaning",  "slow",
    "beyond", "company", "drift", "whole",   "shapes",   "afterglow"};

#ifdef HOMEOSTAT_ABLATION
bool uses(Ingredient ingredient);
#else
constexpr bool uses(Ingredient /*ingredient*/) {
    return true;
}
#endif

}  // namespace homeostat
