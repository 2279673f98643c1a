#include <algorithm>
#include <array>
#include <string>

#include "actions/playbook/filters.hpp"
#include "actions/playbook/utf8.hpp"

namespace homeostat::playbook {
namespace {

using Inputs = Arguments;

// Jinja sorts and compares texts without regard to case unless told otherwise.
Value sort_key(const Value& value) {
    return value.is_text() ? Value(to_lower(value.text())) : value;
}

std::string attribute_name(const Value& attribute) {
    return to_str(attribute);
}

Result<Value> filter_length(const Value& value, Inputs, const InnerCall&) {
    if (value.is_map()) return Value(static_cast<std::int64_t>(value.map().size()));
    if (value.is_list()) return Value(static_cast<std::int64_t>(value.list().size()));
    if (value.is_text()) return Value(static_cast<std::int64_t>(count_characters(value.text())));
    return make_error(Errc::Invalid, "{} has no length", name_of(value.kind()));
}

Result<Value> filter_dict2items(const Value& value, Inputs, const InnerCall&) {
    if (!value.is_map()) {
        return make_error(Errc::Invalid, "dict2items needs a mapping, not {}",
                          name_of(value.kind()));
    }
    ValueList items;
    for (const auto& [key, item] : value.map().entries()) {
        items.emplace_back(Map{{"key", key}, {"value", item}});
    }
    return Value(std::move(items));
}

Result<Value> filter_first(const Value& value, Inputs, const InnerCall&) {
    const auto items = items_of(value);
    if (!items) return items.error();
    return items->empty() ? Value::undefined("the first of nothing") : items->front();
}

Result<Value> filter_last(const Value& value, Inputs, const InnerCall&) {
    const auto items = items_of(value);
    if (!items) return items.error();
    return items->empty() ? Value::undefined("the last of nothing") : items->back();
}

Result<Value> filter_list(const Value& value, Inputs, const InnerCall&) {
    auto items = items_of(value);
    if (!items) return items.error();
    return Value(std::move(*items));
}

Result<Value> filter_join(const Value& value, Inputs inputs, const InnerCall&) {
    const auto items = items_of(value);
    if (!items) return items.error();
    if (auto defined = require_defined(value); !defined) return defined.error();
    const std::string separator = inputs[0] ? to_str(*inputs[0]) : "";
    std::string text;
    for (const Value& item : *items) {
        if (&item != &items->front()) text += separator;
        text += to_str(item);
        if (text.size() > kTextBytesMax) break;
    }
    return bounded_text(std::move(text));
}

Result<Value> filter_map(const Value& value, Inputs inputs, const InnerCall& inner) {
    const auto items = items_of(value);
    if (!items) return items.error();
    if (inner.filter == nullptr && !inputs[0]) {
        return make_error(Errc::Invalid, "map needs the name of a filter, or attribute=");
    }
    ValueList out;
    for (const Value& item : *items) {
        if (inner.filter == nullptr) {
            out.push_back(attribute_of(item, attribute_name(*inputs[0])));
            continue;
        }
        auto mapped = apply_filter(*inner.filter, item, inner.arguments, {});
        if (!mapped) return mapped;
        out.push_back(std::move(*mapped));
    }
    return Value(std::move(out));
}

Result<Value> extreme(const Value& value, int wanted) {
    const auto items = items_of(value);
    if (!items) return items.error();
    if (items->empty()) return Value::undefined("the extreme of nothing");
    const Value* best = &items->front();
    for (const Value& item : *items) {
        const auto order = compare(sort_key(item), sort_key(*best));
        if (!order) return order.error();
        if (*order == wanted) best = &item;
    }
    return *best;
}

Result<Value> filter_max(const Value& value, Inputs, const InnerCall&) {
    return extreme(value, 1);
}
Result<Value> filter_min(const Value& value, Inputs, const InnerCall&) {
    return extreme(value, -1);
}

// Keeps the items of which the inner test (or, without one, the truth of the item) says `wanted`.
Result<Value> keep(const Value& value, const std::optional<Value>& attribute,
                   const InnerCall& inner, bool wanted) {
    const auto items = items_of(value);
    if (!items) return items.error();
    ValueList out;
    for (const Value& item : *items) {
        const Value subject = attribute ? attribute_of(item, attribute_name(*attribute)) : item;
        bool holds = false;
        if (inner.test != nullptr) {
            const auto answer = apply_test(*inner.test, subject, inner.arguments);
            if (!answer) return answer.error();
            holds = *answer;
        } else {
            if (subject.is_undefined()) {
                return make_error(Errc::NotFound, "{}", subject.why_undefined());
            }
            holds = is_true(subject);
        }
        if (holds == wanted) out.push_back(item);
    }
    return Value(std::move(out));
}

Result<Value> filter_select(const Value& value, Inputs, const InnerCall& inner) {
    return keep(value, std::nullopt, inner, true);
}
Result<Value> filter_reject(const Value& value, Inputs, const InnerCall& inner) {
    return keep(value, std::nullopt, inner, false);
}
Result<Value> filter_selectattr(const Value& value, Inputs inputs, const InnerCall& inner) {
    return keep(value, inputs[0], inner, true);
}
Result<Value> filter_rejectattr(const Value& value, Inputs inputs, const InnerCall& inner) {
    return keep(value, inputs[0], inner, false);
}

Result<Value> filter_sort(const Value& value, Inputs inputs, const InnerCall&) {
    auto items = items_of(value);
    if (!items) return items.error();
    const bool reverse = inputs[0] && is_true(*inputs[0]);
    std::vector<std::pair<Value, Value>> keyed;  // sort key, item
    for (Value& item : *items) {
        Value key = inputs[1] ? attribute_of(item, attribute_name(*inputs[1])) : item;
        if (key.is_undefined()) return make_error(Errc::NotFound, "{}", key.why_undefined());
        // Asked of neighbours first, so that the order below never meets what has none.
        const auto comparable =
            compare(sort_key(key), keyed.empty() ? sort_key(key) : keyed.back().first);
        if (!comparable) return comparable.error();
        keyed.emplace_back(sort_key(key), std::move(item));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
        return *compare(a.first, b.first) == (reverse ? 1 : -1);
    });
    ValueList out;
    for (auto& entry : keyed) out.push_back(std::move(entry.second));
    return Value(std::move(out));
}

Result<Value> filter_sum(const Value& value, Inputs inputs, const InnerCall&) {
    const auto items = items_of(value);
    if (!items) return items.error();
    std::int64_t whole = 0;
    double decimal = 0;
    bool is_decimal = false;
    for (const Value& item : *items) {
        const Value number = inputs[0] ? attribute_of(item, attribute_name(*inputs[0])) : item;
        if (number.is_undefined()) return make_error(Errc::NotFound, "{}", number.why_undefined());
        if (!number.is_number()) {
            return make_error(Errc::Invalid, "sum needs numbers, not {}", name_of(number.kind()));
        }
        is_decimal = is_decimal || number.is_float();
        decimal += number.number();
        const std::int64_t step = number.is_int()                        ? number.integer()
                                  : number.is_bool() && number.boolean() ? 1
                                                                         : 0;
        if (__builtin_add_overflow(whole, step, &whole)) {
            return make_error(Errc::Limit, "a sum grew beyond 64 bits");
        }
    }
    if (is_decimal) return Value(decimal);
    return Value(whole);
}

// Texts are the same in any case, unless something in the list is itself a list or mapping: then
// Ansible falls back to plain equality.
Result<Value> filter_unique(const Value& value, Inputs, const InnerCall&) {
    const auto items = items_of(value);
    if (!items) return items.error();
    const bool nested = std::any_of(items->begin(), items->end(), [](const Value& item) {
        return item.is_list() || item.is_map();
    });
    ValueList out;
    ValueList seen;
    for (const Value& item : *items) {
        Value key = nested ? item : sort_key(item);
        const bool known = std::any_of(seen.begin(), seen.end(),
                                       [&](const Value& other) { return equal(other, key); });
        if (known) continue;
        seen.push_back(std::move(key));
        out.push_back(item);
    }
    return Value(std::move(out));
}

constexpr std::array<FilterSpec, 17> kFilters{{
    {"count", filter_length},
    {"dict2items", filter_dict2items},
    {"first", filter_first},
    {"join", filter_join, 0, 1, {"d"}},
    {"last", filter_last},
    {"length", filter_length},
    {"list", filter_list},
    {"map", filter_map, 0, 0, {"attribute"}, Inner::Filter},
    {"max", filter_max},
    {"min", filter_min},
    {"reject", filter_reject, 0, 0, {}, Inner::Test},
    {"rejectattr", filter_rejectattr, 1, 1, {"attr"}, Inner::Test},
    {"select", filter_select, 0, 0, {}, Inner::Test},
    {"selectattr", filter_selectattr, 1, 1, {"attr"}, Inner::Test},
    {"sort", filter_sort, 0, 1, {"reverse", "attribute"}},
    {"sum", filter_sum, 0, 1, {"attribute"}},
    {"unique", filter_unique},
}};

}  // namespace

std::span<const FilterSpec> list_filters() {
    return kFilters;
}

}  // namespace homeostat::playbook
