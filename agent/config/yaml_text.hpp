// Writes a tree of YAML as text again: for people, and for servers that ask what is in force.
//
// What it writes, parse_yaml reads as the same tree: text that could be taken for something else is
// put in double quotes, with JSON's escapes, which YAML 1.2 shares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/yaml_document.hpp"

namespace homeostat {

// Text in double quotes, whatever it is.
std::string yaml_quoted(std::string_view text);

// On one line, in flow style: "{disable: [netdev, sensors]}".
std::string yaml_flow(const YamlNode& node);

// In block style, lists of plain values on one line. With `files`, each value has the place where
// it comes from behind it, as a comment.
std::string yaml_text(const YamlNode& node, const std::vector<std::string>& files = {});

}  // namespace homeostat
