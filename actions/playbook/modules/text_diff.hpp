// What changes in a text, for `--diff`.
#pragma once

#include <string>
#include <string_view>

namespace homeostat::playbook {

// Lines that go with "-" before them, lines that come with "+", three lines of context with " ".
// Equal texts give an empty one. Meant for configuration files: after kDiffLinesMax lines it only
// says how many there are.
std::string text_diff(std::string_view before, std::string_view after);

inline constexpr std::size_t kDiffLinesMax = 2000;

}  // namespace homeostat::playbook
