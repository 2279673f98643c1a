#include "actions/playbook/json.hpp"

#include <doctest/doctest.h>

#include <string>

namespace homeostat::playbook {

TEST_CASE("json: values come in with their types and order") {
    const auto value = parse_json(R"({"b": [1, -2, 2.5, null, true], "a": "\u00e9", "b2": {}})");
    REQUIRE(value);
    CHECK(to_repr(*value) == "{'b': [1, -2, 2.5, None, True], 'a': '\xC3\xA9', 'b2': {}}");
    CHECK(parse_json(R"({"a": 1, "a": 2})")->map().find("a")->integer() == 2);
}

TEST_CASE("json: broken, huge and deep texts are refused") {
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("[1,]"), std::string("nan"),
          std::string("{1: 2}"), std::string("1 2"), std::string("\"\xFF\""), std::string("1e999"),
          std::string("18446744073709551615"), std::string(21, '[') + std::string(21, ']'),
          std::string(100'000, '['), std::string((1 << 20U) + 1, ' ')}) {
        CAPTURE(text.substr(0, 20));
        CHECK_FALSE(parse_json(text));
    }
    CHECK(parse_json(std::string(20, '[') + std::string(20, ']')));
}

TEST_CASE("json: Python's spacing and escapes, or none") {
    const Value value(
        Map{{"a", ValueList{1, 2.0, Value(), true}}, {"t", "\xC3\xA9\"\n\x01\xF0\x9F\x98\x80"}});
    CHECK(python_json(value) ==
          R"({"a": [1, 2.0, null, true], "t": "\u00e9\"\n\u0001\ud83d\ude00"})");
    CHECK(compact_json(value) ==
          "{\"a\":[1,2.0,null,true],\"t\":\"\xC3\xA9\\\"\\n\\u0001\xF0\x9F\x98\x80\"}");
    CHECK(compact_json(Value("\xFF")) == "\"\xEF\xBF\xBD\"");
    CHECK(compact_json(Value(std::string("a\0b", 3))) == "\"a\\u0000b\"");
}

}  // namespace homeostat::playbook
