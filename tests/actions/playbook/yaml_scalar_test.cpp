#include "actions/playbook/yaml_scalar.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace homeostat {
namespace {
using Kind = YamlNode::Kind;
}

TEST_CASE("yaml scalar: types are those of PyYAML") {
    struct Row {
        std::string_view text;
        Kind kind;
        double value;
    };
    const std::vector<Row> rows{
        {"", Kind::Null, 0},
        {"~", Kind::Null, 0},
        {"null", Kind::Null, 0},
        {"nULL", Kind::Text, 0},
        {"yes", Kind::Bool, 1},
        {"Off", Kind::Bool, 0},
        {"TRUE", Kind::Bool, 1},
        {"y", Kind::Text, 0},
        {"yEs", Kind::Text, 0},
        {"0", Kind::Int, 0},
        {"-0", Kind::Int, 0},
        {"12", Kind::Int, 12},
        {"+12", Kind::Int, 12},
        {"-7", Kind::Int, -7},
        {"1_000", Kind::Int, 1000},
        {"0644", Kind::Int, 420},
        {"0x1F", Kind::Int, 31},
        {"0b101", Kind::Int, 5},
        {"08", Kind::Text, 0},
        {"0o17", Kind::Text, 0},
        {"1e3", Kind::Text, 0},
        {"1.5e3", Kind::Text, 0},
        {"1.5e+3", Kind::Float, 1500},
        {"1.", Kind::Float, 1},
        {".5", Kind::Float, 0.5},
        {"-.5", Kind::Text, 0},
        {"-1.5", Kind::Float, -1.5},
        {".", Kind::Text, 0},
        {"1.2.3", Kind::Text, 0},
        {"-", Kind::Text, 0},
        {"+", Kind::Text, 0},
        {"0x", Kind::Text, 0},
        {"12a", Kind::Text, 0},
        {"22:80", Kind::Text, 0},
        {"10.0.0.1", Kind::Text, 0},
        {"1-2", Kind::Text, 0},
        {"2026-1", Kind::Text, 0},
        {"_1", Kind::Text, 0},
        {"9223372036854775807", Kind::Int, 9223372036854775807.0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const YamlScalar scalar = resolve_plain_scalar(row.text);
        CHECK(scalar.refusal.empty());
        CHECK(static_cast<int>(scalar.kind) == static_cast<int>(row.kind));
        if (row.kind == Kind::Int) CHECK(static_cast<double>(scalar.integer) == row.value);
        if (row.kind == Kind::Float) CHECK(scalar.number == row.value);
        if (row.kind == Kind::Bool) CHECK(scalar.boolean == (row.value != 0));
    }
    CHECK(std::isinf(resolve_plain_scalar("-.inf").number));
    CHECK(std::isnan(resolve_plain_scalar(".nan").number));
}

TEST_CASE("yaml scalar: base-60 numbers, dates, merge keys and huge numbers are refused") {
    for (const std::string_view text :
         {"1:30", "-1:30", "12:30:45", "1:30.5", "2026-11-20", "2026-11-20 12:00:00",
          "2026-1-2T3:04:05Z", "<<", "=", "9223372036854775808", "0x1FFFFFFFFFFFFFFFF", "0b_"}) {
        CAPTURE(text);
        CHECK_FALSE(resolve_plain_scalar(text).refusal.empty());
    }
}

}  // namespace homeostat
