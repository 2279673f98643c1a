// Value is what a playbook computes with: the types of YAML and JSON, as Python prints them.
//
// Values are immutable and cheap to copy: texts, lists and mappings are shared, and a value is
// three words. A clean-up keeps some ten thousand results of sixteen fields. Two kinds are not
// data: Undefined is what a name that nobody set stands for (an error wherever it is needed, and it
// remembers why), Omit is the word `omit`, which takes a module's parameter away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace homeostat::playbook {

inline constexpr std::size_t kTextBytesMax = 1UL << 20U;  // of one computed text
inline constexpr std::size_t kItemsMax = 10'000;          // of one loop or range
inline constexpr std::size_t kValueDepthMax = 20;         // lists and mappings inside each other

class Value;
class Map;
using ValueList = std::vector<Value>;

class Value {
public:
    enum class Kind : std::uint8_t { Undefined, Omit, None, Bool, Int, Float, Text, List, Map };

    Value() = default;                                 // None
    Value(bool value) : state_(value) {}               // NOLINT: converts like the literal it is
    Value(int value) : state_(std::int64_t{value}) {}  // NOLINT
    Value(std::int64_t value) : state_(value) {}       // NOLINT
    Value(double value) : state_(value) {}             // NOLINT
    Value(std::string value);                          // NOLINT
    Value(std::string_view value) : Value(std::string(value)) {}  // NOLINT
    Value(const char* value) : Value(std::string(value)) {}       // NOLINT
    Value(ValueList value);                                       // NOLINT
    Value(Map value);                                             // NOLINT
    static Value undefined(std::string why);
    static Value omit();

    [[nodiscard]] Kind kind() const { return static_cast<Kind>(state_.index()); }
    [[nodiscard]] bool is_undefined() const { return kind() == Kind::Undefined; }
    [[nodiscard]] bool is_omit() const { return kind() == Kind::Omit; }
    [[nodiscard]] bool is_none() const { return kind() == Kind::None; }
    [[nodiscard]] bool is_bool() const { return kind() == Kind::Bool; }
    [[nodiscard]] bool is_int() const { return kind() == Kind::Int; }
    [[nodiscard]] bool is_float() const { return kind() == Kind::Float; }
    [[nodiscard]] bool is_text() const { return kind() == Kind::Text; }
    [[nodiscard]] bool is_list() const { return kind() == Kind::List; }
    [[nodiscard]] bool is_map() const { return kind() == Kind::Map; }
    // Bool, Int or Float: Python counts with booleans.
    [[nodiscard]] bool is_number() const { return is_bool() || is_int() || is_float(); }

    // REQUIRES: the kind.
    [[nodiscard]] bool boolean() const { return std::get<bool>(state_); }
    [[nodiscard]] std::int64_t integer() const { return std::get<std::int64_t>(state_); }
    [[nodiscard]] const std::string& text() const { return *std::get<SharedText>(state_); }
    [[nodiscard]] const ValueList& list() const { return *std::get<SharedList>(state_); }
    [[nodiscard]] const Map& map() const { return *std::get<SharedMap>(state_); }
    [[nodiscard]] const std::string& why_undefined() const {
        return *std::get<UndefinedState>(state_).why;
    }
    // REQUIRES: is_number().
    [[nodiscard]] double number() const;

private:
    using SharedText = std::shared_ptr<const std::string>;
    struct UndefinedState {
        SharedText why;
    };
    struct OmitState {};
    using SharedList = std::shared_ptr<const ValueList>;
    using SharedMap = std::shared_ptr<const Map>;
    // In the order of Kind.
    std::variant<UndefinedState, OmitState, std::monostate, bool, std::int64_t, double, SharedText,
                 SharedList, SharedMap>
        state_ = std::monostate{};
};

static_assert(sizeof(Value) == 24);

// A mapping from text, in the order of insertion, as Python's dict keeps it. Copies share their
// keys, and mappings of one MapShape also those values that are the same in all of them.
class Map {
public:
    struct Entry {
        const std::string& first;
        const Value& second;
    };
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Entry;
        using difference_type = std::ptrdiff_t;
        using pointer = const Entry*;
        using reference = Entry;

        Iterator(const Map& map, std::size_t at) : map_(&map), at_(at) {}
        Entry operator*() const { return (*map_)[at_]; }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const Map* map_;
        std::size_t at_;
    };
    // What entries() gives: a view of the mapping, to go through.
    struct Entries {
        const Map& map;
        [[nodiscard]] Iterator begin() const { return {map, 0}; }
        [[nodiscard]] Iterator end() const { return {map, map.size()}; }
        Entry operator[](std::size_t at) const { return map[at]; }
    };

    Map() = default;
    Map(std::initializer_list<std::pair<std::string, Value>> entries);  // REQUIRES: distinct keys
    [[nodiscard]] const Value* find(std::string_view key) const;
    void set(std::string_view key, Value value);  // keeps the place of a key that is there
    void remove(std::string_view key);
    void merge(const Map& other);  // entries of `other` win

    [[nodiscard]] Entries entries() const { return {*this}; }
    Entry operator[](std::size_t at) const { return {(*keys_)[at], value_at(at)}; }
    [[nodiscard]] std::size_t size() const { return keys_ == nullptr ? 0 : keys_->size(); }
    [[nodiscard]] bool empty() const { return size() == 0; }

private:
    friend class MapShape;
    using Keys = std::vector<std::string>;
    using Shared = std::shared_ptr<const std::vector<Value>>;

    [[nodiscard]] std::size_t index_of(std::string_view key) const;  // size() when it is not there
    // The last ones are shared.
    [[nodiscard]] const Value& value_at(std::size_t at) const {
        return at < values_.size() ? values_[at] : (*shared_)[at - values_.size()];
    }
    void own();  // keys and values are not shared with others any more

    std::shared_ptr<Keys> keys_;  // null while empty
    std::vector<Value> values_;   // of the first keys
    Shared shared_;               // of the others; null: none
};

// What many mappings have in common: the keys, and the values of the last of them.
class MapShape {
public:
    // REQUIRES: distinct keys, and no more values than keys.
    MapShape(std::vector<std::string> keys, std::vector<Value> last_values);
    // The same keys, other values.
    MapShape(const MapShape& like, std::vector<Value> last_values);

    // REQUIRES: a value for each key that has none yet.
    [[nodiscard]] Map with(std::vector<Value> first_values) const;

private:
    std::shared_ptr<Map::Keys> keys_;
    Map::Shared shared_;
};

// What a kind is called in messages: "text", "a list".
std::string_view name_of(Value::Kind kind);

// False are: false, none, 0, '', [], {}.
bool is_true(const Value& value);

// Python's ==: different kinds are unequal, but 1 == 1.0 and 1 == true.
bool equal(const Value& a, const Value& b);

// -1, 0 or 1 for two numbers or two texts; anything else is an error.
Result<int> compare(const Value& a, const Value& b);

// As in longer text: none is nothing, the rest as Python's str(). An undefined value, also deep
// inside, is an error (Errc::NotFound).
Result<std::string> to_text(const Value& value);

// Python's str() and repr(): none is "None". For nested values and for messages.
std::string to_str(const Value& value);
std::string to_repr(const Value& value);

// Errc::NotFound when the value, or anything inside it, is undefined.
Status require_defined(const Value& value);

// How deep lists and mappings lie inside each other; a scalar is 0.
std::size_t depth_of(const Value& value);

}  // namespace homeostat::playbook
