#include "actions/playbook/json.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

// Builds Values while nlohmann's parser reads. Its callbacks return false to stop.
class ValueBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return place(Value()); }
    bool boolean(bool value) override { return place(value); }
    bool number_integer(number_integer_t value) override { return place(Value(value)); }
    bool number_unsigned(number_unsigned_t value) override {
        if (value > INT64_MAX) return fail("a number beyond 64 bits");
        return place(Value(static_cast<std::int64_t>(value)));
    }
    bool number_float(number_float_t value, const string_t&) override {
        if (!std::isfinite(value)) return fail("a number that is too large");
        return place(value);
    }
    bool string(string_t& value) override { return place(Value(std::move(value))); }
    bool binary(binary_t&) override { return fail("binary data"); }

    bool start_object(std::size_t) override { return open(true); }
    bool start_array(std::size_t) override { return open(false); }
    bool key(string_t& value) override {
        if (levels_.back().map.size() >= kItemsMax) return fail("too many keys");
        levels_.back().key = std::move(value);
        return true;
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        problem_ = make_error(Errc::Parse, "not JSON at byte {}", position);
        return false;
    }

    [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }
    Value take() { return std::move(root_); }

private:
    struct Level {
        bool is_object = false;
        std::string key;
        ValueList list;
        Map map;
    };

    bool fail(std::string_view what) {
        problem_ = make_error(Errc::Limit, "JSON with {}", what);
        return false;
    }

    bool open(bool is_object) {
        if (levels_.size() >= kValueDepthMax) return fail("too many levels");
        levels_.emplace_back();
        levels_.back().is_object = is_object;
        return true;
    }

    bool close() {
        Level level = std::move(levels_.back());
        levels_.pop_back();
        return place(level.is_object ? Value(std::move(level.map)) : Value(std::move(level.list)));
    }

    bool place(Value value) {
        if (levels_.empty()) {
            root_ = std::move(value);
        } else if (levels_.back().is_object) {
            levels_.back().map.set(levels_.back().key, std::move(value));
        } else {
            levels_.back().list.push_back(std::move(value));
        }
        return true;
    }

    std::vector<Level> levels_;
    Value root_;
    std::optional<Error> problem_;
};

struct Style {
    std::string_view comma;
    std::string_view colon;
    bool ascii;
};
constexpr Style kPython{", ", ": ", true};
constexpr Style kCompact{",", ":", false};

void append_hex(std::string& out, char32_t unit) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\u";
    for (unsigned shift = 16; shift > 0; shift -= 4) out += kDigits[(unit >> (shift - 4)) & 0xFU];
}

void append_escaped(std::string& out, char32_t c) {
    if (c >= 0x10000) {  // a surrogate pair
        append_hex(out, 0xD800 + ((c - 0x10000) >> 10U));
        append_hex(out, 0xDC00 + ((c - 0x10000) & 0x3FFU));
    } else {
        append_hex(out, c);
    }
}

void append_text(std::string& out, std::string_view text, const Style& style) {
    static constexpr std::string_view kSpecial = "\"\\\n\r\t\b\f";
    static constexpr std::string_view kNames = "\"\\nrtbf";
    out += '"';
    while (!text.empty()) {
        const Utf8Step step = next_utf8(text);
        const char32_t c = step.character;
        const auto special =
            c < 0x80 ? kSpecial.find(static_cast<char>(c)) : std::string_view::npos;
        if (special != std::string_view::npos) {
            out += '\\';
            out += kNames[special];
        } else if (c < 0x20 || (c >= 0x7F && style.ascii && c != 0x7F)) {
            append_escaped(out, c);
        } else {
            append_utf8(out, c);  // U+FFFD for bytes that are not UTF-8
        }
        text.remove_prefix(step.size);
    }
    out += '"';
}

void append_value(std::string& out, const Value& value, const Style& style) {
    switch (value.kind()) {
        case Value::Kind::Undefined:
        case Value::Kind::Omit:
        case Value::Kind::None: out += "null"; break;
        case Value::Kind::Bool: out += value.boolean() ? "true" : "false"; break;
        case Value::Kind::Int: out += std::to_string(value.integer()); break;
        case Value::Kind::Float:  // JSON has no word for the others
            out += std::isfinite(value.number()) ? to_repr(value) : "null";
            break;
        case Value::Kind::Text: append_text(out, value.text(), style); break;
        case Value::Kind::List: {
            out += '[';
            std::string_view between;
            for (const Value& item : value.list()) {
                out += between;
                append_value(out, item, style);
                between = style.comma;
            }
            out += ']';
            break;
        }
        case Value::Kind::Map: {
            out += '{';
            std::string_view between;
            for (const auto& [key, item] : value.map().entries()) {
                out += between;
                append_text(out, key, style);
                out += style.colon;
                append_value(out, item, style);
                between = style.comma;
            }
            out += '}';
            break;
        }
    }
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
    if (text.size() > kTextBytesMax)
        return make_error(Errc::Limit, "JSON beyond {} bytes", kTextBytesMax);
    ValueBuilder builder;
    const bool read = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    if (builder.problem()) return *builder.problem();
    if (!read) return make_error(Errc::Parse, "not JSON");
    return builder.take();
}

std::string python_json(const Value& value) {
    std::string out;
    append_value(out, value, kPython);
    return out;
}

std::string compact_json(const Value& value) {
    std::string out;
    append_value(out, value, kCompact);
    return out;
}

}  // namespace homeostat::playbook
