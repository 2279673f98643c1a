// The rows of the filter table, in two halves.
#pragma once

#include <span>

#include "actions/playbook/functions.hpp"

namespace homeostat::playbook {

std::span<const FilterSpec> scalar_filters();  // numbers and text: filters_scalar.cpp
std::span<const FilterSpec> list_filters();    // lists and mappings: filters_list.cpp

// Python's int() of a text: blanks around, a sign, digits with single '_' between them.
std::optional<std::int64_t> read_int(std::string_view text);
// Python's float() of a text.
std::optional<double> read_float(std::string_view text);

// As a word of a POSIX shell, quoted where needed (Python's shlex.quote).
std::string quote_for_shell(std::string_view text);

}  // namespace homeostat::playbook
