#include "agent/config/yaml_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actions/playbook/yaml_scalar.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kOriginColumn = 44;  // comments stand below each other where there is room

bool is_plain_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./-+").find(c) != std::string_view::npos;
}

// Whether the text needs no quotes, wherever it stands.
bool is_plain(std::string_view text) {
    if (text.empty() || text.front() == '-' || text.front() == '.' || text.front() == '+') {
        return false;
    }
    if (!std::all_of(text.begin(), text.end(), is_plain_character)) return false;
    const YamlScalar scalar = resolve_plain_scalar(text);
    return scalar.refusal.empty() && scalar.kind == YamlNode::Kind::Text;
}

std::string text_of(std::string_view text) {
    return is_plain(text) ? std::string(text) : yaml_quoted(text);
}

std::string scalar_of(const YamlNode& node) {
    if (node.is_null()) return "null";
    return node.is_text() ? text_of(node.text) : node.text;
}

bool is_leaf(const YamlNode& node) {
    if (node.is_map()) return node.entries.empty();
    return std::all_of(node.items.begin(), node.items.end(),
                       [](const YamlNode& item) { return item.is_scalar(); });
}

class Writer {
public:
    explicit Writer(const std::vector<std::string>& files) : files_(files) {}

    // `first` stands before the first line, in the place of so much of the indentation.
    void write(const YamlNode& node, std::size_t indent, std::string first) {
        if (is_leaf(node)) return line(first + yaml_flow(node), node.mark);
        const std::string blank(indent, ' ');
        for (const YamlEntry& entry : node.entries) {
            write_below(entry.value, indent, first + text_of(entry.key) + ":");
            first = blank;
        }
        for (const YamlNode& item : node.items) {
            write(item, indent + 2, first + "- ");
            first = blank;
        }
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void write_below(const YamlNode& value, std::size_t indent, const std::string& key) {
        if (is_leaf(value)) return line(key + " " + yaml_flow(value), value.mark);
        out_ += key + "\n";
        write(value, indent + 2, std::string(indent + 2, ' '));
    }

    void line(std::string text, YamlMark mark) {
        const auto source = static_cast<std::size_t>(mark.source);
        if (source < files_.size()) {
            text.resize(std::max(text.size() + 2, kOriginColumn), ' ');
            text += "# " + files_[source];
            if (source > 0) text += fmt::format(":{}", mark.line);
        }
        out_ += text + "\n";
    }

    const std::vector<std::string>& files_;
    std::string out_;
};

}  // namespace

std::string yaml_quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string yaml_flow(const YamlNode& node) {
    std::string out;
    if (node.is_map()) {
        for (const YamlEntry& entry : node.entries) {
            out += out.empty() ? "" : ", ";
            out += text_of(entry.key) + ": " + yaml_flow(entry.value);
        }
        return "{" + out + "}";
    }
    if (node.is_list()) {
        for (const YamlNode& item : node.items) {
            out += out.empty() ? "" : ", ";
            out += yaml_flow(item);
        }
        return "[" + out + "]";
    }
    return scalar_of(node);
}

std::string yaml_text(const YamlNode& node, const std::vector<std::string>& files) {
    Writer writer(files);
    writer.write(node, 0, "");
    return writer.take();
}

}  // namespace homeostat
