// Arguments of filters and tests, put into the places of their parameters while a text is parsed.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "actions/playbook/expression.hpp"

namespace homeostat::playbook {

struct CallArguments {
    std::vector<Expr> positional;
    std::vector<std::pair<std::string, Expr>> named;
};

// Gives `out`, whose filter is set, one part per parameter behind parts[0]; for `map`, `select` and
// the like also finds what they call for each item. `at` is for messages. False: see `error`.
bool bind_filter(Expr& out, CallArguments given, std::size_t at, ExpressionError& error);

// The same for `out.test`.
bool bind_test(Expr& out, CallArguments given, std::size_t at, ExpressionError& error);

}  // namespace homeostat::playbook
