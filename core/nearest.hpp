// The word that was probably meant: for messages about unknown names in files people write.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace homeostat {

// The candidate with the fewest typing errors against `name` (Damerau-Levenshtein with adjacent
// swaps, as most typing errors are), or empty when none is close: more than a third of the letters
// wrong is another word. Names longer than 64 bytes are close to nothing.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

// " (did you mean 'nearest'?)" or empty, to be put behind a message.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace homeostat
