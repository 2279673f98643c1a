// JSON in and out of Values.
#pragma once

#include <string>
#include <string_view>

#include "actions/playbook/value.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

// RFC 8259, whole and nothing else. The last of equal keys counts; numbers beyond 64 bits and
// values deeper than kValueDepthMax are refused.
Result<Value> parse_json(std::string_view text);

// As Python's json.dumps() prints: ", " and ": " between, all beyond ASCII escaped.
std::string python_json(const Value& value);

// Without blanks, in UTF-8: for machines.
std::string compact_json(const Value& value);

}  // namespace homeostat::playbook
