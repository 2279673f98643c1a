#include "actions/playbook/yaml_document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "actions/playbook/utf8.hpp"
#include "actions/playbook/yaml_scalar.hpp"

namespace homeostat {
namespace {

using Kind = YamlNode::Kind;

// The text and the way from yaml-cpp's byte positions to lines and columns for people.
class Source {
public:
    Source(std::string_view text, std::string_view file) : text_(text), file_(file) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '\n') line_begins_.push_back(at + 1);
        }
    }

    [[nodiscard]] std::string_view text() const { return text_; }

    // Marks mostly come in the order of the text: each one is counted on from the one before, so
    // that a long file, or a long line, costs no more than its length.
    [[nodiscard]] YamlMark mark(std::size_t offset) {
        offset = std::min(offset, text_.size());
        const auto next = std::upper_bound(line_begins_.begin(), line_begins_.end(), offset);
        const std::size_t line_begin = *(next - 1);
        if (offset < last_offset_ || line_begin > last_offset_) {
            last_offset_ = line_begin;
            last_column_ = 0;
        }
        last_column_ += count_characters(text_.substr(last_offset_, offset - last_offset_));
        last_offset_ = offset;
        return {.line = static_cast<int>(next - line_begins_.begin()),
                .column = static_cast<int>(last_column_) + 1};
    }

    template <typename... Args>
    Error error(std::size_t offset, fmt::format_string<Args...> format, Args&&... args) {
        return yaml_error(file_, mark(offset), format, std::forward<Args>(args)...);
    }

private:
    std::string_view text_;
    std::string_view file_;
    std::vector<std::size_t> line_begins_{0};
    std::size_t last_offset_ = 0;
    std::size_t last_column_ = 0;  // characters before it on its line
};

std::size_t offset_of(const YAML::Mark& mark) {
    return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

// Builds the tree from yaml-cpp's events. The first problem is kept and ends the building; yaml-cpp
// then runs to the end of a text whose size and depth are bounded.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(Source& source, const YamlLimits& limits) : source_(source), limits_(limits) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const std::size_t offset = offset_of(mark);
        if (!begin_node(offset, anchor)) return;
        const std::string_view rest =
            source_.text().substr(std::min(offset, source_.text().size()));
        const bool written =
            rest.starts_with('~') || rest.starts_with('n') || rest.starts_with('N');
        if (!written && !frames_.empty() && frames_.back().is_flow &&
            frames_.back().node.is_list()) {
            return refuse(offset, "an empty item between commas");
        }
        YamlNode node;
        node.mark = source_.mark(offset);
        take(std::move(node), offset);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(offset_of(mark), "aliases are not accepted: write the value out");
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const std::size_t offset = offset_of(mark);
        if (!begin_node(offset, anchor) || !accept_tag(offset, tag)) return;
        if (is_quoted_at(offset) && end_of_scalar(offset, value) == std::string_view::npos) {
            return refuse(offset, "text without its closing quote");
        }
        YamlNode node;
        node.mark = source_.mark(offset);
        node.text = value;
        node.quoted = tag != "?";
        node.verbatim = stands_verbatim(offset, value);
        if (node.quoted) {
            node.kind = Kind::Text;
        } else {
            const YamlScalar scalar = resolve_plain_scalar(value);
            if (!scalar.refusal.empty()) {
                return refuse(offset, "'{}' is {}", value, scalar.refusal);
            }
            node.kind = scalar.kind;
            node.boolean = scalar.boolean;
            node.integer = scalar.integer;
            node.number = scalar.number;
        }
        take(std::move(node), offset);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        open(mark, tag, anchor, Kind::List, style == YAML::EmitterStyle::Flow);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        open(mark, tag, anchor, Kind::Map, style == YAML::EmitterStyle::Flow);
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }
    [[nodiscard]] bool has_root() const { return has_root_; }
    YamlNode take_root() { return std::move(root_); }

private:
    struct Frame {
        YamlNode node;
        bool is_flow = false;              // [ ] or { }
        std::optional<YamlEntry> pending;  // a key that waits for its value
        std::unordered_set<std::string> keys;
    };

    template <typename... Args>
    void refuse(std::size_t offset, fmt::format_string<Args...> format, Args&&... args) {
        if (!problem_) problem_ = source_.error(offset, format, std::forward<Args>(args)...);
    }

    bool begin_node(std::size_t offset, YAML::anchor_t anchor) {
        if (problem_) return false;
        if (anchor != 0) refuse(offset, "anchors are not accepted");
        if (++nodes_ > limits_.nodes_max) {
            refuse(offset, "more than {} values in one file", limits_.nodes_max);
        }
        refuse_tab_before(offset);
        return !problem_;
    }

    // yaml-cpp takes tabs between tokens, PyYAML does not.
    void refuse_tab_before(std::size_t offset) {
        const std::string_view text = source_.text();
        std::size_t at = std::min(offset, text.size());
        while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) {
            if (text[--at] == '\t') return refuse(at, "a tab: YAML is indented with spaces");
        }
    }

    // "?" is a plain scalar, "!" a quoted one or a lone "!", which the text tells apart.
    bool accept_tag(std::size_t offset, const std::string& tag) {
        const bool written = offset < source_.text().size() && source_.text()[offset] == '!';
        if (written || !(tag.empty() || tag == "?" || tag == "!")) {
            refuse(offset, "tags such as {} are not accepted", tag);
        }
        return !problem_;
    }

    // Where the scalar at `offset` ends: past its closing quote, or past its text when it stands on
    // one line. npos: the quote does not end (yaml-cpp takes the end of the file for one), or the
    // text goes over several lines.
    [[nodiscard]] std::size_t end_of_scalar(std::size_t offset, std::string_view value) const {
        const std::string_view text = source_.text();
        if (offset >= text.size() || (text[offset] != '"' && text[offset] != '\'')) {
            return text.substr(std::min(offset, text.size())).starts_with(value)
                       ? offset + value.size()
                       : std::string_view::npos;
        }
        const char quote = text[offset];
        for (std::size_t at = offset + 1; at < text.size(); ++at) {
            if (quote == '"' && text[at] == '\\') {
                ++at;
            } else if (text[at] == quote) {
                if (quote == '"' || at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
                ++at;  // a doubled single quote
            }
        }
        return std::string_view::npos;
    }

    [[nodiscard]] bool is_quoted_at(std::size_t offset) const {
        const std::string_view text = source_.text();
        return offset < text.size() && (text[offset] == '"' || text[offset] == '\'');
    }

    [[nodiscard]] bool stands_verbatim(std::size_t offset, std::string_view value) const {
        std::string_view there = source_.text().substr(std::min(offset, source_.text().size()));
        if (!there.empty() && (there[0] == '"' || there[0] == '\'')) there.remove_prefix(1);
        return there.starts_with(value);
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Kind kind,
              bool is_flow) {
        const std::size_t offset = offset_of(mark);
        if (!begin_node(offset, anchor) || !accept_tag(offset, tag)) return;
        if (expects_key()) return refuse(offset, "a key must be text, not {}", name_of(kind));
        if (frames_.size() >= limits_.depth_max) {
            return refuse(offset, "more than {} levels of nesting", limits_.depth_max);
        }
        frames_.emplace_back();
        frames_.back().node.kind = kind;
        frames_.back().is_flow = is_flow;
        frames_.back().node.mark = source_.mark(offset);
    }

    void close() {
        if (problem_) return;
        YamlNode node = std::move(frames_.back().node);
        frames_.pop_back();
        place(std::move(node));
    }

    [[nodiscard]] bool expects_key() const {
        return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().pending;
    }

    void take(YamlNode node, std::size_t offset) {
        if (expects_key()) {
            take_key(std::move(node), offset);
        } else {
            place(std::move(node));
        }
    }

    void take_key(YamlNode key, std::size_t offset) {
        if (!key.is_text()) {
            return refuse(offset, "a key must be text, not {}: write it in quotes",
                          name_of(key.kind));
        }
        if (!has_colon(key, offset))
            return refuse(offset, "a key without its ':' on the same line");
        if (!frames_.back().keys.insert(key.text).second) {
            return refuse(offset, "the key '{}' is here twice", key.text);
        }
        frames_.back().pending = YamlEntry{std::move(key.text), key.mark, {}};
    }

    // yaml-cpp takes a line without a colon, or several lines, for a key without a value.
    [[nodiscard]] bool has_colon(const YamlNode& key, std::size_t offset) const {
        const std::size_t end = end_of_scalar(offset, key.text);
        if (end == std::string_view::npos) return false;
        if (frames_.back().is_flow) return true;
        const auto next = source_.text().find_first_not_of(" \r\n", end);
        return next != std::string_view::npos && source_.text()[next] == ':';
    }

    void place(YamlNode node) {
        if (frames_.empty()) {
            root_ = std::move(node);
            has_root_ = true;
            return;
        }
        Frame& frame = frames_.back();
        if (frame.node.is_list()) {
            frame.node.items.push_back(std::move(node));
        } else {
            frame.pending->value = std::move(node);
            frame.node.entries.push_back(std::move(*frame.pending));
            frame.pending.reset();
        }
    }

    Source& source_;
    const YamlLimits& limits_;
    std::vector<Frame> frames_;
    YamlNode root_;
    bool has_root_ = false;
    std::size_t nodes_ = 0;
    std::optional<Error> problem_;
};

// What PyYAML's reader refuses before it looks for structure.
Status check_bytes(Source& source, const YamlLimits& limits) {
    const std::string_view text = source.text();
    if (text.size() > limits.size_max) {
        return source.error(0, "larger than the {} bytes allowed", limits.size_max);
    }
    if (const auto at = find_invalid_utf8(text); at != std::string_view::npos) {
        return source.error(at, "not UTF-8");
    }
    const auto control = std::find_if(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
    });
    if (control != text.end()) {
        return source.error(static_cast<std::size_t>(control - text.begin()),
                            "a control character");
    }
    return Ok{};
}

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const YamlEntry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

std::string_view name_of(YamlNode::Kind kind) {
    switch (kind) {
        case Kind::Null: return "nothing";
        case Kind::Bool: return "a boolean";
        case Kind::Int: return "a number";
        case Kind::Float: return "a decimal number";
        case Kind::Text: return "text";
        case Kind::List: return "a list";
        case Kind::Map: return "a mapping";
    }
    return "unknown";
}

Result<YamlNode> parse_yaml(std::string_view text, std::string_view file_name,
                            const YamlLimits& limits) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    Source source(text, file_name);
    if (auto bytes = check_bytes(source, limits); !bytes) return bytes.error();
    TreeBuilder builder(source, limits);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        parser.HandleNextDocument(builder);
        if (builder.problem()) return *builder.problem();
        if (parser.HandleNextDocument(builder)) {
            return source.error(text.size(), "a second document: one file holds one");
        }
    } catch (const YAML::Exception& broken) {
        if (builder.problem()) return *builder.problem();
        return source.error(offset_of(broken.mark), "not YAML: {}", broken.msg);
    }
    if (builder.problem()) return *builder.problem();
    return builder.take_root();
}

}  // namespace homeostat
