#include "core/nearest.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace homeostat {
namespace {

TEST_CASE("nearest name: typing errors find the word, other words find nothing") {
    static constexpr std::array<std::string_view, 4> kNames{"severity", "subject", "kind", "cause"};
    struct Row {
        std::string_view name;
        std::string_view nearest;
    };
    const std::string long_name(65, 'k');
    for (const Row& row :
         {Row{"severty", "severity"}, Row{"sevreity", "severity"}, Row{"subjects", "subject"},
          Row{"knid", "kind"}, Row{"kind", "kind"}, Row{"banana", ""}, Row{"", ""}, Row{"x", ""},
          Row{"used_ratio", ""}, Row{long_name, ""}}) {
        CAPTURE(row.name);
        CHECK(nearest_name(row.name, kNames) == row.nearest);
    }
    CHECK(nearest_name("kind", {}).empty());
}

TEST_CASE("nearest name: the suggestion is ready to be put behind a message") {
    static constexpr std::array<std::string_view, 1> kNames{"mode"};
    CHECK(did_you_mean("mod", kNames) == " (did you mean 'mode'?)");
    CHECK(did_you_mean("limits", kNames).empty());
}

}  // namespace
}  // namespace homeostat
