#include "actions/playbook/modules/text_diff.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("text diff: what goes, what comes, and a little around it") {
    CHECK(text_diff("a\n", "a\n").empty());
    CHECK(text_diff("", "a\nb\n") == "+a\n+b\n");
    CHECK(text_diff("a\nb\nc\n", "a\nX\nc\n") == " a\n-b\n+X\n c\n");
    CHECK(text_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n") ==
          " 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n");
    CHECK(text_diff("a\na\n", "a\n") == " a\n-a\n");
    std::string many;
    for (int i = 0; i < 3000; ++i) many += "x\n";
    CHECK(text_diff("", many) == " 0 lines become 3000 lines\n");
}

}  // namespace homeostat::playbook
