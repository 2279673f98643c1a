#include "actions/playbook/value.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

// Python's repr() of a float: the shortest digits that read back, exponents from 1e16 and below
// 1e-4. fmt draws the same lines; only the point that tells a float from a number is missing there.
std::string float_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

bool is_printable(char32_t c) {
    if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD) return false;
    return !is_space(c) || c == ' ';
}

void append_escaped(std::string& out, char32_t c) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    const auto digits = c < 0x100 ? 2U : c < 0x10000 ? 4U : 8U;
    out += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
    for (unsigned i = digits; i-- > 0;) out += kHex[(c >> (4 * i)) & 0xFU];
}

// Python's repr() of a text: single quotes, unless it holds some and no double ones.
std::string quoted_text(std::string_view text) {
    const bool doubled =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const char quote = doubled ? '"' : '\'';
    std::string out(1, quote);
    while (!text.empty()) {
        const Utf8Step step = next_utf8(text);
        switch (step.character) {
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\\': out += "\\\\"; break;
            default:
                if (step.character == static_cast<char32_t>(quote)) out += '\\';
                if (is_printable(step.character)) {
                    out += text.substr(0, step.size);
                } else {
                    append_escaped(out, step.character);
                }
        }
        text.remove_prefix(step.size);
    }
    out += quote;
    return out;
}

std::string list_text(const ValueList& list) {
    std::string out = "[";
    for (const Value& item : list) {
        if (out.size() > 1) out += ", ";
        out += to_repr(item);
    }
    return out + "]";
}

std::string map_text(const Map& map) {
    std::string out = "{";
    for (const auto& [key, value] : map.entries()) {
        if (out.size() > 1) out += ", ";
        out += quoted_text(key) + ": " + to_repr(value);
    }
    return out + "}";
}

bool equal_lists(const ValueList& a, const ValueList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

bool equal_maps(const Map& a, const Map& b) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a.entries()) {
        const Value* other = b.find(key);
        if (other == nullptr || !equal(value, *other)) return false;
    }
    return true;
}

std::int64_t whole(const Value& value) {
    return value.is_bool() ? static_cast<std::int64_t>(value.boolean()) : value.integer();
}

}  // namespace

Value::Value(std::string value) : state_(std::make_shared<const std::string>(std::move(value))) {}
Value::Value(ValueList value) : state_(std::make_shared<const ValueList>(std::move(value))) {}
Value::Value(Map value) : state_(std::make_shared<const Map>(std::move(value))) {}

Value Value::undefined(std::string why) {
    Value value;
    value.state_ = UndefinedState{std::make_shared<const std::string>(std::move(why))};
    return value;
}

Value Value::omit() {
    Value value;
    value.state_ = OmitState{};
    return value;
}

double Value::number() const {
    if (is_float()) return std::get<double>(state_);
    return static_cast<double>(whole(*this));
}

Map::Map(std::initializer_list<std::pair<std::string, Value>> entries) {
    keys_ = std::make_shared<Keys>();
    keys_->reserve(entries.size());
    values_.reserve(entries.size());
    for (const auto& [key, value] : entries) {
        keys_->push_back(key);
        values_.push_back(value);
    }
}

std::size_t Map::index_of(std::string_view key) const {
    if (keys_ == nullptr) return 0;
    const auto found = std::find(keys_->begin(), keys_->end(), key);
    return static_cast<std::size_t>(found - keys_->begin());
}

void Map::own() {
    if (shared_ != nullptr) {
        values_.insert(values_.end(), shared_->begin(), shared_->end());
        shared_.reset();
    }
    if (keys_ == nullptr) {
        keys_ = std::make_shared<Keys>();
    } else if (keys_.use_count() > 1) {
        keys_ = std::make_shared<Keys>(*keys_);
    }
}

const Value* Map::find(std::string_view key) const {
    const std::size_t at = index_of(key);
    return at < size() ? &value_at(at) : nullptr;
}

void Map::set(std::string_view key, Value value) {
    const std::size_t at = index_of(key);
    if (at < values_.size()) {
        values_[at] = std::move(value);
        return;
    }
    own();
    if (at < values_.size()) {
        values_[at] = std::move(value);
        return;
    }
    keys_->emplace_back(key);
    values_.push_back(std::move(value));
}

void Map::remove(std::string_view key) {
    const std::size_t at = index_of(key);
    if (at == size()) return;
    own();
    keys_->erase(keys_->begin() + static_cast<std::ptrdiff_t>(at));
    values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(at));
}

MapShape::MapShape(std::vector<std::string> keys, std::vector<Value> last_values)
    : keys_(std::make_shared<Map::Keys>(std::move(keys))),
      shared_(std::make_shared<const std::vector<Value>>(std::move(last_values))) {
    assert(shared_->size() <= keys_->size());
}

MapShape::MapShape(const MapShape& like, std::vector<Value> last_values)
    : keys_(like.keys_),
      shared_(std::make_shared<const std::vector<Value>>(std::move(last_values))) {
    assert(shared_->size() <= keys_->size());
}

Map MapShape::with(std::vector<Value> first_values) const {
    assert(first_values.size() + shared_->size() == keys_->size());
    Map map;
    map.keys_ = keys_;
    map.values_ = std::move(first_values);
    map.shared_ = shared_;
    return map;
}

void Map::merge(const Map& other) {
    for (const auto& [key, value] : other.entries()) set(key, value);
}

std::string_view name_of(Value::Kind kind) {
    switch (kind) {
        case Value::Kind::Undefined: return "undefined";
        case Value::Kind::Omit: return "omit";
        case Value::Kind::None: return "none";
        case Value::Kind::Bool: return "a boolean";
        case Value::Kind::Int: return "a number";
        case Value::Kind::Float: return "a decimal number";
        case Value::Kind::Text: return "text";
        case Value::Kind::List: return "a list";
        case Value::Kind::Map: return "a mapping";
    }
    return "unknown";
}

bool is_true(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::Undefined:
        case Value::Kind::None: return false;
        case Value::Kind::Omit: return true;
        case Value::Kind::Bool:
        case Value::Kind::Int:
        case Value::Kind::Float: return value.number() != 0;
        case Value::Kind::Text: return !value.text().empty();
        case Value::Kind::List: return !value.list().empty();
        case Value::Kind::Map: return !value.map().empty();
    }
    return false;
}

bool equal(const Value& a, const Value& b) {
    if (a.is_number() && b.is_number()) {
        if (!a.is_float() && !b.is_float()) return whole(a) == whole(b);
        return a.number() == b.number();
    }
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case Value::Kind::None:
        case Value::Kind::Omit: return true;
        case Value::Kind::Text: return a.text() == b.text();
        case Value::Kind::List: return equal_lists(a.list(), b.list());
        case Value::Kind::Map: return equal_maps(a.map(), b.map());
        default: return false;
    }
}

Result<int> compare(const Value& a, const Value& b) {
    if (a.is_text() && b.is_text()) {
        // UTF-8 sorts bytewise as its characters do.
        const int order = a.text().compare(b.text());
        return (order > 0) - (order < 0);
    }
    if (a.is_number() && b.is_number()) {
        if (!a.is_float() && !b.is_float()) return (whole(a) > whole(b)) - (whole(a) < whole(b));
        return (a.number() > b.number()) - (a.number() < b.number());
    }
    if (a.is_list() && b.is_list()) {
        // By the first items that differ, as Python does.
        const std::size_t common = std::min(a.list().size(), b.list().size());
        for (std::size_t i = 0; i < common; ++i) {
            if (!equal(a.list()[i], b.list()[i])) return compare(a.list()[i], b.list()[i]);
        }
        return (a.list().size() > b.list().size()) - (a.list().size() < b.list().size());
    }
    return make_error(Errc::Invalid, "{} and {} have no order: cast them with int, float or string",
                      name_of(a.kind()), name_of(b.kind()));
}

std::string to_repr(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::Undefined: return "undefined";
        case Value::Kind::Omit: return "omit";
        case Value::Kind::None: return "None";
        case Value::Kind::Bool: return value.boolean() ? "True" : "False";
        case Value::Kind::Int: return std::to_string(value.integer());
        case Value::Kind::Float: return float_text(value.number());
        case Value::Kind::Text: return quoted_text(value.text());
        case Value::Kind::List: return list_text(value.list());
        case Value::Kind::Map: return map_text(value.map());
    }
    return {};
}

std::string to_str(const Value& value) {
    return value.is_text() ? value.text() : to_repr(value);
}

Result<std::string> to_text(const Value& value) {
    if (auto defined = require_defined(value); !defined) return defined.error();
    if (value.is_omit()) return make_error(Errc::Invalid, "'omit' can only stand alone");
    return value.is_none() ? std::string() : to_str(value);
}

Status require_defined(const Value& value) {
    if (value.is_undefined()) return make_error(Errc::NotFound, "{}", value.why_undefined());
    if (value.is_list()) {
        for (const Value& item : value.list()) {
            if (auto defined = require_defined(item); !defined) return defined;
        }
    }
    if (value.is_map()) {
        for (const auto& entry : value.map().entries()) {
            if (auto defined = require_defined(entry.second); !defined) return defined;
        }
    }
    return Ok{};
}

std::size_t depth_of(const Value& value) {
    std::size_t deepest = 0;
    if (value.is_list()) {
        for (const Value& item : value.list()) deepest = std::max(deepest, depth_of(item));
    } else if (value.is_map()) {
        for (const auto& entry : value.map().entries()) {
            deepest = std::max(deepest, depth_of(entry.second));
        }
    } else {
        return 0;
    }
    return deepest + 1;
}

}  // namespace homeostat::playbook
