#include "core/function_ref.hpp"

#include <doctest/doctest.h>

namespace {
int apply(homeostat::FunctionRef<int(int)> function, int value) {
    return function(value);
}
}  // namespace

TEST_CASE("function_ref: calls lambdas with and without captures") {
    int calls = 0;
    CHECK(apply(
              [&calls](int value) {
                  ++calls;
                  return value + 1;
              },
              4) == 5);
    CHECK(calls == 1);
    const auto twice = [](int value) { return 2 * value; };
    CHECK(apply(twice, 4) == 8);
}
