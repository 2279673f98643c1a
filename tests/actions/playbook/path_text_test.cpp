#include "actions/playbook/path_text.hpp"

#include <doctest/doctest.h>

namespace homeostat::playbook {

TEST_CASE("path text: made plain, or refused") {
    struct Row {
        std::string_view path;
        std::string_view plain;  // empty: refused
    };
    for (const Row& row : {Row{"/", "/"}, Row{"//", "/"}, Row{"/a", "/a"}, Row{"/a//b/", "/a/b"},
                           Row{"/./a/.", "/a"}, Row{"", ""}, Row{"a", ""}, Row{"/a/..", ""},
                           Row{"/../a", ""}, Row{"/a..b", "/a..b"}, Row{"/...", "/..."}}) {
        CAPTURE(row.path);
        const auto plain = normal_path(row.path, false);
        CHECK(plain.has_value() == !row.plain.empty());
        if (plain) CHECK(*plain == row.plain);
    }
    CHECK(*normal_path("a/./b", true) == "a/b");
    CHECK(*normal_path(".", true) == ".");
    CHECK_FALSE(normal_path("../a", true));
    CHECK_FALSE(normal_path(std::string("/a\0b", 4), false));
    CHECK_FALSE(normal_path("/" + std::string(5000, 'a'), false));
}

TEST_CASE("path text: parents and names") {
    CHECK(parent_of("/a/b") == "/a");
    CHECK(parent_of("/a") == "/");
    CHECK(parent_of("/") == "/");
    CHECK(last_name_of("/a/b") == "b");
    CHECK(is_at_or_below("/a/b", "/a"));
    CHECK(is_at_or_below("/a", "/a"));
    CHECK(is_at_or_below("/a", "/"));
    CHECK_FALSE(is_at_or_below("/ab", "/a"));
    CHECK_FALSE(is_at_or_below("/a", "/a/b"));
    CHECK(has_pattern("/a/*.log"));
    CHECK_FALSE(has_pattern("/a/b"));
}

}  // namespace homeostat::playbook
