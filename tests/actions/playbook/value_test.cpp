#include "actions/playbook/value.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace homeostat::playbook {

TEST_CASE("value: texts are those of Python") {
    struct Row {
        Value value;
        std::string_view repr;
    };
    const std::vector<Row> rows{
        {Value(), "None"},
        {true, "True"},
        {-5, "-5"},
        {2.0, "2.0"},
        {0.1, "0.1"},
        {1e16, "1e+16"},
        {123456789012345.0, "123456789012345.0"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {-0.0, "-0.0"},
        {std::nan(""), "nan"},
        {HUGE_VAL, "inf"},
        {"it's", "\"it's\""},
        {"a'b\"c", "'a\\'b\"c'"},
        {"a\n\t\\", "'a\\n\\t\\\\'"},
        {"\x01\xC2\xA0", "'\\x01\\xa0'"},
        {"\xC3\xA9", "'\xC3\xA9'"},
        {ValueList{1, "a", Value()}, "[1, 'a', None]"},
        {Map{{"b", 1}, {"a", ValueList{}}}, "{'b': 1, 'a': []}"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.repr);
        CHECK(to_repr(row.value) == row.repr);
    }
    CHECK(to_str("plain") == "plain");
    CHECK(*to_text(Value()) == "");
    CHECK(to_str(Value()) == "None");
}

TEST_CASE("value: equality is Python's") {
    CHECK(equal(1, 1.0));
    CHECK(equal(1, true));
    CHECK(equal(0, false));
    CHECK_FALSE(equal("1", 1));
    CHECK_FALSE(equal(Value(), false));
    CHECK(equal(ValueList{1, "a"}, ValueList{true, "a"}));
    CHECK_FALSE(equal(ValueList{1}, ValueList{1, 2}));
    CHECK(equal(Map{{"a", 1}, {"b", 2}}, Map{{"b", 2}, {"a", 1}}));
    CHECK_FALSE(equal(Map{{"a", 1}}, Map{{"b", 1}}));
    CHECK_FALSE(equal(Value::undefined("x"), Value::undefined("x")));
}

TEST_CASE("value: two numbers, two texts and two lists of such have an order") {
    CHECK(*compare(1, 1.5) == -1);
    CHECK(*compare("b", "a") == 1);
    CHECK(*compare(true, 1) == 0);
    CHECK_FALSE(compare("1", 1));
    CHECK(*compare(ValueList{}, ValueList{}) == 0);
    CHECK(*compare(ValueList{1, "b"}, ValueList{1, "a"}) == 1);
    CHECK(*compare(ValueList{1}, ValueList{1, "a"}) == -1);
    CHECK(*compare(ValueList{1, Value()}, ValueList{2, 3}) ==
          -1);  // what is behind is not looked at
    CHECK(*compare(ValueList{Value(), 2}, ValueList{Value(), 1}) == 1);
    CHECK_FALSE(compare(ValueList{1}, ValueList{"a"}));
    CHECK_FALSE(compare(ValueList{}, 1));
    CHECK_FALSE(compare(Map{}, Map{}));
    CHECK_FALSE(compare(Value(), 1));
}

TEST_CASE("value: what is false") {
    for (const Value& value : {Value(), Value(false), Value(0), Value(0.0), Value(""),
                               Value(ValueList{}), Value(Map{})}) {
        CHECK_FALSE(is_true(value));
    }
    for (const Value& value : {Value(true), Value(-1), Value("0"), Value(ValueList{0})}) {
        CHECK(is_true(value));
    }
}

TEST_CASE("value: undefined is found however deep it lies") {
    const Value deep(ValueList{Map{{"a", Value::undefined("'x' is undefined")}}});
    const auto status = require_defined(deep);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::NotFound);
    CHECK(status.error().text == "'x' is undefined");
    CHECK_FALSE(to_text(deep));
    CHECK(depth_of(deep) == 2);
    CHECK(depth_of(1) == 0);
}

TEST_CASE("value: a mapping keeps the order of insertion") {
    Map map;
    map.set("b", 1);
    map.set("a", 2);
    map.set("b", 3);
    REQUIRE(map.size() == 2);
    CHECK(map.entries()[0].first == "b");
    CHECK(map.find("b")->integer() == 3);
    map.merge(Map{{"c", 4}, {"a", 5}});
    CHECK(map.find("a")->integer() == 5);
    map.remove("b");
    CHECK(map.find("b") == nullptr);
    CHECK(map.size() == 2);
}

TEST_CASE("value: mappings of one shape share what is the same in all, and change apart") {
    const MapShape shape({"path", "size", "mode", "owner"}, {"0644", "root"});
    Map a = shape.with({"/a", 1});
    const Map b = shape.with({"/b", 2});
    CHECK(to_repr(a) == "{'path': '/a', 'size': 1, 'mode': '0644', 'owner': 'root'}");
    CHECK(equal(b, Map{{"owner", "root"}, {"mode", "0644"}, {"size", 2}, {"path", "/b"}}));
    CHECK(a.find("mode") == b.find("mode"));  // the very same
    CHECK(a.find("nothing") == nullptr);
    a.set("size", 7);
    a.set("mode", "0600");
    a.set("new", true);
    a.remove("owner");
    CHECK(to_repr(a) == "{'path': '/a', 'size': 7, 'mode': '0600', 'new': True}");
    CHECK(to_repr(b) == "{'path': '/b', 'size': 2, 'mode': '0644', 'owner': 'root'}");
    CHECK(to_repr(MapShape(shape, {"x", "y"}).with({1, 2})) ==
          "{'path': 1, 'size': 2, 'mode': 'x', 'owner': 'y'}");
    Map copy = b;
    copy.remove("path");
    CHECK(to_repr(copy) == "{'size': 2, 'mode': '0644', 'owner': 'root'}");
    CHECK(b.size() == 4);
}

}  // namespace homeostat::playbook
