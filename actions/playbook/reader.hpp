// Reader: what every part of the loader needs to read one mapping of the file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/playbook/template.hpp"
#include "actions/playbook/yaml_document.hpp"
#include "core/result.hpp"

namespace homeostat::playbook {

class Reader {
public:
    explicit Reader(std::string_view file) : file_(file) {}

    template <typename... Args>
    Error refuse(YamlMark mark, fmt::format_string<Args...> format, Args&&... args) const {
        return yaml_error(file_, mark, format, std::forward<Args>(args)...);
    }

    [[nodiscard]] std::string_view file() const { return file_; }

    // Literal values. `what` names the key in messages.
    Result<std::string> literal_text(const YamlNode& node, std::string_view what) const;
    Result<bool> literal_bool(const YamlNode& node, std::string_view what) const;
    // A list of texts, or one text; with `commas` a text is cut at them.
    Result<std::vector<std::string>> literal_texts(const YamlNode& node, std::string_view what,
                                                   bool commas) const;
    Result<std::string> variable_name(const YamlNode& node, std::string_view what) const;

    Result<Template> value(const YamlNode& node) const { return compile_template(node, file_); }
    // A boolean, or a text with an expression.
    Result<Template> bool_or_template(const YamlNode& node, std::string_view what) const;
    // A whole number of at least `min`, or a text with an expression.
    Result<Template> int_or_template(const YamlNode& node, std::string_view what,
                                     std::int64_t min) const;
    // One condition or a list of them.
    Result<std::vector<Expr>> conditions(const YamlNode& node, std::string_view what) const;

private:
    std::string_view file_;
};

}  // namespace homeostat::playbook
