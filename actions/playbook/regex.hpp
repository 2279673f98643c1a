// Regular expressions with bounded cost: RE2's syntax, Python's way of replacing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat::playbook {

enum class Anchor : unsigned char { Anywhere, Start };

// Ok when RE2 takes the pattern. It has no look-around and no back-references.
Status check_pattern(std::string_view pattern);

// The first match, or nothing.
Result<std::optional<std::string>> find_match(std::string_view text, std::string_view pattern,
                                              Anchor anchor = Anchor::Anywhere);

// Every match replaced, as re.sub() does: \1 and \g<name> in the replacement are groups.
Result<std::string> replace_all(std::string_view text, std::string_view pattern,
                                std::string_view replacement);

}  // namespace homeostat::playbook
