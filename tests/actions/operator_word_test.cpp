#include "actions/operator_word.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("operator_word: what was said is read, and what is not understood is passed over") {
    const OperatorWord word =
        parse_operator_word("now aa\nleave  bb\nolder cc\nelse dd\nleave ee\nleave\n\nnow");
    CHECK(word.now.empty());  // the last line took it back
    CHECK(word.older == "cc");
    CHECK(word.left == std::vector<std::string>{"bb", "ee"});
    CHECK(parse_operator_word("").now.empty());
    CHECK(parse_operator_word(std::string_view("\0\xFF", 2)).left.empty());
}

TEST_CASE("operator_word: what was left stays left until it is taken again, and the file small") {
    OperatorWord word;
    word.take("aa", true);
    CHECK(to_text(word) == "now aa\nolder aa\n");
    word.leave("aa");
    CHECK(to_text(word) == "leave aa\n");
    word.leave("bb");
    word.leave("aa");
    CHECK(to_text(word) == "leave bb\nleave aa\n");
    word.take("bb", false);
    CHECK(to_text(word) == "now bb\nleave aa\n");
    CHECK(parse_operator_word(to_text(word)).left == word.left);
    CHECK(word.has_left("aa"));
    CHECK_FALSE(word.has_left("bb"));
    for (int i = 0; i < 100; ++i) word.leave(std::string(63, 'x') + static_cast<char>('!' + i));
    CHECK(word.left.size() == kLeftMax);
    CHECK(to_text(word).size() < kOperatorBytesMax);
    const OperatorWord again = parse_operator_word(to_text(word) + "leave zz\n");
    CHECK(again.left.size() == kLeftMax);
    CHECK(again.left.back() == "zz");
}
