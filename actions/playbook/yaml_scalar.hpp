// The type of a plain YAML scalar, as PyYAML's resolver decides it (YAML 1.1, yaml/resolver.py).
#pragma once

#include <cstdint>
#include <string_view>

#include "actions/playbook/yaml_document.hpp"

namespace homeostat {

struct YamlScalar {
    YamlNode::Kind kind = YamlNode::Kind::Text;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    // Not empty: a type that this project does not read; the text says what to write instead.
    std::string_view refusal;
};

// REQUIRES: `text` stood in the file without quotes.
YamlScalar resolve_plain_scalar(std::string_view text);

}  // namespace homeostat
