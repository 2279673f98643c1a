#include "actions/playbook/template.hpp"

#include <algorithm>
#include <utility>

#include "actions/playbook/expression_lexer.hpp"
#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

// Cuts a text into literal pieces and expressions.
class Cutter {
public:
    Cutter(const YamlNode& node, std::string_view file)
        : node_(node), file_(file), text_(node.text) {}

    Result<std::vector<TemplatePiece>> cut() {
        while (at_ < text_.size()) {
            const auto open = find_open();
            add_literal(text_.substr(at_, open - at_));
            at_ = open;
            if (at_ == text_.size()) break;
            if (auto taken = take_marked(); !taken) return taken.error();
        }
        return std::move(pieces_);
    }

private:
    [[nodiscard]] std::size_t find_open() const {
        for (std::size_t i = at_; i + 1 < text_.size(); ++i) {
            if (text_[i] == '{' &&
                (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#')) {
                return i;
            }
        }
        return text_.size();
    }

    void add_literal(std::string_view literal) {
        if (literal.empty()) return;
        if (!pieces_.empty() && pieces_.back().expr == nullptr) {
            pieces_.back().text += literal;  // a comment stood between
            return;
        }
        TemplatePiece piece;
        piece.text = literal;
        piece.mark = mark_within(node_, at_);
        pieces_.push_back(std::move(piece));
    }

    template <typename... Args>
    Error error(std::size_t offset, fmt::format_string<Args...> format, Args&&... args) const {
        return yaml_error(file_, mark_within(node_, offset), format, std::forward<Args>(args)...);
    }

    Status take_marked() {
        if (text_[at_ + 1] == '%') {
            return error(at_, "'{{% %}}' is not accepted: use 'x if c else y' or 'loop'");
        }
        if (text_[at_ + 1] == '#') return skip_comment();
        const auto end = find_close(at_ + 2);
        if (end == std::string_view::npos) return error(at_, "'{{{{' without its '}}}}'");
        return take_expression(at_ + 2, end);
    }

    Status skip_comment() {
        const auto end = text_.find("#}", at_ + 2);
        if (end == std::string_view::npos) {
            return error(at_, "'{{#' begins a comment that does not end");
        }
        at_ = end + 2;
        return Ok{};
    }

    // The "}}" that is neither quoted nor closes braces of the expression.
    [[nodiscard]] std::size_t find_close(std::size_t at) const {
        std::size_t braces = 0;
        while (at < text_.size()) {
            const char c = text_[at];
            if (c == '\'' || c == '"') {
                at = skip_quoted(text_, at);
                if (at == std::string_view::npos) return at;
                continue;
            }
            if (braces == 0 && text_.substr(at, 2) == "}}") return at;
            if (c == '{') ++braces;
            if (c == '}' && braces > 0) --braces;
            ++at;
        }
        return std::string_view::npos;
    }

    Status take_expression(std::size_t begin, std::size_t end) {
        const std::string_view source = text_.substr(begin, end - begin);
        if (source.starts_with('-') || source.starts_with('+') || source.ends_with('-') ||
            source.ends_with('+')) {
            return error(begin, "'{{{{-' and '-}}}}' are not accepted: put a blank between");
        }
        Expr expr;
        ExpressionError problem;
        if (!parse_expression(source, Backslash::Literal, expr, problem)) {
            return error(begin + problem.at, "{}", problem.error.text);
        }
        TemplatePiece piece;
        piece.text = source;
        piece.expr = std::make_shared<const Expr>(std::move(expr));
        piece.mark = mark_within(node_, at_);
        pieces_.push_back(std::move(piece));
        at_ = end + 2;
        return Ok{};
    }

    const YamlNode& node_;
    std::string_view file_;
    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<TemplatePiece> pieces_;
};

Result<Template> compile_text(const YamlNode& node, std::string_view file) {
    Template out;
    out.mark = node.mark;
    auto pieces = Cutter(node, file).cut();
    if (!pieces) return pieces.error();
    const bool has_expression = std::any_of(
        pieces->begin(), pieces->end(), [](const auto& piece) { return piece.expr != nullptr; });
    if (has_expression) {
        out.kind = Template::Kind::Text;
        out.pieces = std::move(*pieces);
    } else {
        out.constant = pieces->empty() ? std::string() : std::move((*pieces)[0].text);
    }
    return out;
}

Value constant_of(const YamlNode& scalar) {
    switch (scalar.kind) {
        case YamlNode::Kind::Bool: return scalar.boolean;
        case YamlNode::Kind::Int: return scalar.integer;
        case YamlNode::Kind::Float: return scalar.number;
        default: return {};
    }
}

// Lists and mappings without any expression inside become constants themselves.
void fold_constants(Template& out) {
    const bool constant = std::all_of(out.items.begin(), out.items.end(),
                                      [](const Template& item) { return item.is_constant(); });
    if (!constant) return;
    out.constant = known_value(out);
    out.kind = Template::Kind::Constant;
    out.items.clear();
    out.keys.clear();
}

Result<Template> compile_list(const YamlNode& node, std::string_view file) {
    Template out;
    out.kind = Template::Kind::List;
    out.mark = node.mark;
    for (const YamlNode& item : node.items) {
        auto compiled = compile_template(item, file);
        if (!compiled) return compiled;
        out.items.push_back(std::move(*compiled));
    }
    fold_constants(out);
    return out;
}

Result<Template> compile_map(const YamlNode& node, std::string_view file) {
    Template out;
    out.kind = Template::Kind::Map;
    out.mark = node.mark;
    for (const YamlEntry& entry : node.entries) {
        if (entry.key.find("{{") != std::string::npos) {
            return yaml_error(file, entry.key_mark, "a key cannot hold an expression");
        }
        auto compiled = compile_template(entry.value, file);
        if (!compiled) return compiled;
        out.keys.push_back(entry.key);
        out.items.push_back(std::move(*compiled));
    }
    fold_constants(out);
    return out;
}

Result<Value> render_piece(const TemplatePiece& piece, Scope& scope) {
    if (piece.expr == nullptr) return Value(piece.text);
    auto value = evaluate(*piece.expr, scope);
    if (!value) return value;
    if (auto defined = require_defined(*value); !defined) return defined.error();
    return value;
}

}  // namespace

YamlMark mark_within(const YamlNode& scalar, std::size_t offset) {
    const std::string_view before = std::string_view(scalar.text).substr(0, offset);
    if (!scalar.verbatim || before.find('\n') != std::string_view::npos) return scalar.mark;
    const std::size_t open_quote = scalar.quoted ? 1 : 0;
    return {.line = scalar.mark.line,
            .column = scalar.mark.column + static_cast<int>(open_quote + count_characters(before))};
}

Result<Template> compile_template(const YamlNode& node, std::string_view file) {
    if (node.is_text()) return compile_text(node, file);
    if (node.is_list()) return compile_list(node, file);
    if (node.is_map()) return compile_map(node, file);
    Template out;
    out.mark = node.mark;
    out.constant = constant_of(node);
    return out;
}

Result<Expr> compile_expression(const YamlNode& scalar, std::string_view file,
                                Backslash backslash) {
    Expr expr;
    if (scalar.is_bool()) {
        expr.literal = scalar.boolean;
        return expr;
    }
    if (!scalar.is_scalar() || scalar.is_null()) {
        return yaml_error(file, scalar.mark, "an expression was expected, not {}",
                          name_of(scalar.kind));
    }
    for (const std::string_view open : {"{{", "{%", "{#"}) {
        if (scalar.text.starts_with(open)) {
            return yaml_error(file, scalar.mark, "an expression is written without '{{{{' here");
        }
    }
    ExpressionError problem;
    if (parse_expression(scalar.text, backslash, expr, problem)) return expr;
    return yaml_error(file, mark_within(scalar, problem.at), "{}", problem.error.text);
}

Result<Value> render(const Template& source, Scope& scope) {
    switch (source.kind) {
        case Template::Kind::Constant: return source.constant;
        case Template::Kind::Text: {
            if (source.pieces.size() == 1) return render_piece(source.pieces[0], scope);
            auto marked = render_marked(source, scope);
            if (!marked) return marked.error();
            return Value(std::move(marked->text));
        }
        case Template::Kind::List:
        case Template::Kind::Map: break;
    }
    ValueList list;
    Map map;
    for (std::size_t i = 0; i < source.items.size(); ++i) {
        auto value = render(source.items[i], scope);
        if (!value) return value;
        if (value->is_omit()) continue;
        if (source.kind == Template::Kind::Map) {
            map.set(source.keys[i], std::move(*value));
        } else {
            list.push_back(std::move(*value));
        }
    }
    return source.kind == Template::Kind::Map ? Value(std::move(map)) : Value(std::move(list));
}

Value known_value(const Template& source) {
    switch (source.kind) {
        case Template::Kind::Constant: return source.constant;
        case Template::Kind::Text: return Value::undefined("known when the task runs");
        case Template::Kind::List:
        case Template::Kind::Map: break;
    }
    ValueList list;
    Map map;
    for (std::size_t i = 0; i < source.items.size(); ++i) {
        if (source.kind == Template::Kind::Map) {
            map.set(source.keys[i], known_value(source.items[i]));
        } else {
            list.push_back(known_value(source.items[i]));
        }
    }
    return source.kind == Template::Kind::Map ? Value(std::move(map)) : Value(std::move(list));
}

Result<MarkedText> render_marked(const Template& source, Scope& scope) {
    MarkedText out;
    if (source.is_constant()) {
        auto text = to_text(source.constant);
        if (!text) return text.error();
        out.text = std::move(*text);
        return out;
    }
    for (const TemplatePiece& piece : source.pieces) {
        const auto value = render_piece(piece, scope);
        if (!value) return value.error();
        const auto text = to_text(*value);
        if (!text) return text.error();
        const std::size_t begin = out.text.size();
        out.text += *text;
        if (piece.outside) out.outside.push_back({begin, out.text.size()});
        if (out.text.size() > kTextBytesMax) {
            return make_error(Errc::Limit, "a text grew beyond {} bytes", kTextBytesMax);
        }
    }
    return out;
}

void for_each_piece(const Template& source, FunctionRef<void(const TemplatePiece&)> visit) {
    for (const TemplatePiece& piece : source.pieces) visit(piece);
    for (const Template& item : source.items) for_each_piece(item, visit);
}

void for_each_piece(Template& source, FunctionRef<void(TemplatePiece&)> visit) {
    for (TemplatePiece& piece : source.pieces) visit(piece);
    for (Template& item : source.items) for_each_piece(item, visit);
}

}  // namespace homeostat::playbook
