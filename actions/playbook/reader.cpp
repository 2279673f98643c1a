#include "actions/playbook/reader.hpp"

#include "actions/playbook/functions.hpp"
#include "actions/playbook/loader.hpp"
#include "core/parse.hpp"

namespace homeostat::playbook {

Result<std::string> Reader::literal_text(const YamlNode& node, std::string_view what) const {
    if (!node.is_scalar() || node.is_null()) {
        return refuse(node.mark, "'{}' must be text, not {}", what, name_of(node.kind));
    }
    if (node.text.find("{{") != std::string::npos) {
        return refuse(node.mark, "'{}' must be literal text, without '{{{{'", what);
    }
    return node.text;
}

Result<bool> Reader::literal_bool(const YamlNode& node, std::string_view what) const {
    if (node.is_bool()) return node.boolean;
    return refuse(node.mark, "'{}' must be true or false, not {}", what,
                  node.is_text() ? "'" + node.text + "'" : std::string(name_of(node.kind)));
}

Result<std::vector<std::string>> Reader::literal_texts(const YamlNode& node, std::string_view what,
                                                       bool commas) const {
    std::vector<std::string> texts;
    if (node.is_list()) {
        for (const YamlNode& item : node.items) {
            auto text = literal_text(item, what);
            if (!text) return text.error();
            texts.push_back(std::move(*text));
        }
        return texts;
    }
    const auto text = literal_text(node, what);
    if (!text) return text.error();
    if (!commas) return std::vector<std::string>{*text};
    for (const Value& part : split_text(*text, ",", -1)) {
        texts.emplace_back(trim(part.text()));
    }
    return texts;
}

Result<std::string> Reader::variable_name(const YamlNode& node, std::string_view what) const {
    auto name = literal_text(node, what);
    if (name && !is_variable_name(*name)) {
        return refuse(node.mark, "'{}' cannot be the name of a variable", *name);
    }
    return name;
}

Result<Template> Reader::bool_or_template(const YamlNode& node, std::string_view what) const {
    auto compiled = value(node);
    if (!compiled) return compiled;
    if (compiled->kind == Template::Kind::Text || node.is_bool()) return compiled;
    return refuse(node.mark, "'{}' must be true or false, not {}", what, name_of(node.kind));
}

Result<Template> Reader::int_or_template(const YamlNode& node, std::string_view what,
                                         std::int64_t min) const {
    auto compiled = value(node);
    if (!compiled || compiled->kind == Template::Kind::Text) return compiled;
    if (!node.is_int() || node.integer < min) {
        return refuse(node.mark, "'{}' must be a whole number of at least {}", what, min);
    }
    return compiled;
}

Result<std::vector<Expr>> Reader::conditions(const YamlNode& node, std::string_view what) const {
    std::vector<Expr> all;
    if (!node.is_list()) {
        auto one = compile_expression(node, file_, Backslash::Escapes);
        if (!one) return one.error();
        all.push_back(std::move(*one));
        return all;
    }
    for (const YamlNode& item : node.items) {
        auto one = compile_expression(item, file_, Backslash::Escapes);
        if (!one) return one.error();
        all.push_back(std::move(*one));
    }
    if (all.empty()) return refuse(node.mark, "'{}' is an empty list", what);
    return all;
}

}  // namespace homeostat::playbook
