#include <doctest/doctest.h>

#include <vector>

#include "actions/playbook/module.hpp"

namespace homeostat::playbook {
namespace {

std::string convert(ParameterType type, const Value& value, std::string_view choices = {}) {
    const auto converted = convert_parameter({"x", type, choices}, value);
    return converted ? to_repr(*converted) : "error: " + std::string(converted.error().text.view());
}

}  // namespace

TEST_CASE("parameters: each type takes what Ansible takes") {
    using T = ParameterType;
    struct Row {
        T type;
        Value value;
        std::string_view result;
    };
    for (const Row& row : std::vector<Row>{
             {T::Text, 5, "'5'"},
             {T::Text, true, "'True'"},
             {T::Text, ValueList{}, "error: text was expected, not a list"},
             {T::Bool, "yes", "True"},
             {T::Bool, "False", "False"},
             {T::Bool, 1, "True"},
             {T::Bool, "maybe", "error: yes or no was expected, not 'maybe'"},
             {T::Int, " 12 ", "12"},
             {T::Int, "1.5", "error: a whole number was expected, not '1.5'"},
             {T::Int, 1.5, "error: a whole number was expected, not a decimal number"},
             {T::Path, "/a//b/./c/", "'/a/b/c'"},
             {T::Path, "a", "error: an absolute path was expected, not 'a'"},
             {T::Path, "/a/../b", "error: '..' is not accepted in a path"},
             {T::Path, "", "error: an empty path"},
             {T::PathOrBelow, "a/b", "'a/b'"},
             {T::Mode, "0644", "420"},
             {T::Mode, "644", "420"},
             {T::Mode, "u+x",
              "error: an octal mode in quotes such as \"0644\" was expected, not 'u+x'"},
             {T::Mode, 0644, "420"},
             {T::Mode, 01777, "1023"},
             {T::Mode, 04755, "2541"},
             {T::Mode, 644,
              "error: an octal mode in quotes such as \"0644\" was expected, not a number"},
             {T::Mode, 777,
              "error: an octal mode in quotes such as \"0644\" was expected, not a number"},
             {T::Mode, -1,
              "error: an octal mode in quotes such as \"0644\" was expected, not a number"},
             {T::Mode, 4096,
              "error: an octal mode in quotes such as \"0644\" was expected, not a number"},
             {T::Mode, true,
              "error: an octal mode in quotes such as \"0644\" was expected, not a boolean"},
             {T::Mode, "99",
              "error: an octal mode in quotes such as \"0644\" was expected, not '99'"},
             {T::Mode, "10000",
              "error: an octal mode in quotes such as \"0644\" was expected, not '10000'"},
             {T::TextList, "a,b", "['a', 'b']"},
             {T::TextList, ValueList{"a", 1}, "['a', '1']"},
             {T::PathList, ValueList{"/a/", "b"}, "error: an absolute path was expected, not 'b'"},
             {T::IntList, ValueList{200, "201"}, "[200, 201]"},
             {T::IntList, 200, "[200]"},
             {T::Argv, "a", "error: a list was expected, not 'a'"},
             {T::Mapping, Map{{"a", 1}}, "{'a': 1}"},
             {T::Mapping, Map{{"a", ValueList{}}},
              "error: a mapping from text to text was expected, not a list"},
             {T::Any, ValueList{1}, "[1]"},
         }) {
        CAPTURE(row.result);
        CHECK(convert(row.type, row.value) == row.result);
    }
    CHECK(convert(T::Choice, "started", "started stopped") == "'started'");
    CHECK(convert(T::Choice, "startd", "started stopped") ==
          "error: 'startd' is not one of: started stopped (did you mean 'started'?)");
}

TEST_CASE("parameters: what is not yet known passes through") {
    const Value unknown = Value::undefined("later");
    CHECK(convert_parameter({"x", ParameterType::Int}, unknown)->is_undefined());
    const auto list = convert_parameter({"x", ParameterType::PathList}, ValueList{unknown, "/a"});
    REQUIRE(list);
    CHECK(list->list()[0].is_undefined());
}

TEST_CASE("parameters: reading gives the fallback for what is missing or unknown") {
    Parameters parameters;
    parameters.all.resize(2);
    parameters.all[0].name = "a";
    parameters.all[0].value = Value::undefined("later");
    parameters.all[1].name = "b";
    parameters.all[1].value = ValueList{"x", Value::undefined("later"), 3};
    CHECK(parameters.has("a"));
    CHECK_FALSE(parameters.knows("a"));
    CHECK(parameters.text("a", "f") == "f");
    CHECK(parameters.integer("a", 4) == 4);
    CHECK(parameters.flag("nosuch", true));
    CHECK(parameters.texts("b") == std::vector<std::string>{"x", "3"});
}

TEST_CASE("parameters: aliases lead to the same parameter") {
    static constexpr ParameterSpec kSpecs[] = {{"path", ParameterType::Path, {}, "dest name"}};
    CHECK(find_parameter(kSpecs, "dest") == &kSpecs[0]);
    CHECK(find_parameter(kSpecs, "path") == &kSpecs[0]);
    CHECK(find_parameter(kSpecs, "des") == nullptr);
}

}  // namespace homeostat::playbook
