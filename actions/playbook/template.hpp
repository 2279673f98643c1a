// Template is a value of the file with its expressions parsed: text may hold {{ expression }}.
//
// One expression alone in a text gives its value with its type; in longer text it becomes text.
// {# #} is a comment, {% %} is refused. Values that come out are never templates again.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/expression.hpp"
#include "actions/playbook/value.hpp"
#include "actions/playbook/yaml_document.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

struct TemplatePiece {
    std::string text;                  // literal text, or the source of the expression
    std::shared_ptr<const Expr> expr;  // null: literal text
    YamlMark mark;
    bool outside = false;  // its value comes from outside the file (outside.hpp)
};

struct Template {
    enum class Kind : std::uint8_t { Constant, Text, List, Map };

    Kind kind = Kind::Constant;
    YamlMark mark;
    Value constant;                     // Constant
    std::vector<TemplatePiece> pieces;  // Text
    std::vector<Template> items;        // List and Map
    std::vector<std::string> keys;      // Map, one per item

    [[nodiscard]] bool is_constant() const { return kind == Kind::Constant; }
};

// The place in the file where `offset` of this scalar's text stands; its beginning when escapes or
// folding hide that.
YamlMark mark_within(const YamlNode& scalar, std::size_t offset);

Result<Template> compile_template(const YamlNode& node, std::string_view file);

// A scalar whose whole text is one expression, as in `when`.
Result<Expr> compile_expression(const YamlNode& scalar, std::string_view file, Backslash backslash);

// Parts of lists and mappings that come out as `omit` are left out; a whole value may be Omit.
// Errors: something undefined was needed (Errc::NotFound), or could not be computed.
Result<Value> render(const Template& source, Scope& scope);

// What can be said before anything runs: constants, with an undefined Value in each place that
// only an expression fills.
Value known_value(const Template& source);

// A text, and where in it values from outside the file came to stand.
struct MarkedText {
    struct Range {
        std::size_t begin = 0;
        std::size_t end = 0;  // begin == end: an empty value
    };
    std::string text;
    std::vector<Range> outside;
};

// REQUIRES: a Constant or Text template.
Result<MarkedText> render_marked(const Template& source, Scope& scope);

// Calls `visit` with every piece of text, literal or expression, in the template.
void for_each_piece(const Template& source, FunctionRef<void(const TemplatePiece&)> visit);
void for_each_piece(Template& source, FunctionRef<void(TemplatePiece&)> visit);

}  // namespace homeostat::playbook
