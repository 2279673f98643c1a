#include <array>
#include <cmath>

#include "actions/playbook/functions.hpp"
#include "actions/playbook/regex.hpp"

// The tests of expressions: `x is NAME`.
namespace homeostat::playbook {
namespace {

using Inputs = Arguments;

template <auto Predicate>
Result<bool> is_kind(const Value& value, Inputs) {
    return (value.*Predicate)();
}

Result<bool> is_defined(const Value& value, Inputs) {
    return !value.is_undefined();
}
Result<bool> is_true_itself(const Value& value, Inputs) {
    return value.is_bool() && value.boolean();
}
Result<bool> is_false_itself(const Value& value, Inputs) {
    return value.is_bool() && !value.boolean();
}
// Text and mappings can be walked through as well.
Result<bool> is_iterable(const Value& value, Inputs) {
    return value.is_list() || value.is_map() || value.is_text();
}

Result<bool> is_odd(const Value& value, Inputs) {
    if (!value.is_number()) {
        return make_error(Errc::Invalid, "even and odd need a number, not {}",
                          name_of(value.kind()));
    }
    return std::fabs(std::fmod(value.number(), 2)) == 1;
}
Result<bool> is_even(const Value& value, Inputs) {
    if (auto odd = is_odd(value, {}); !odd) return odd;
    return std::fmod(value.number(), 2) == 0;
}

Result<bool> is_in(const Value& value, Inputs inputs) {
    const Value& container = *inputs[0];
    if (container.is_text() && value.is_text()) {
        return container.text().find(value.text()) != std::string::npos;
    }
    const auto items = items_of(container);
    if (!items || container.is_text()) {
        return make_error(Errc::Invalid, "'in' cannot look for {} in {}", name_of(value.kind()),
                          name_of(container.kind()));
    }
    for (const Value& item : *items) {
        if (equal(item, value)) return true;
    }
    return false;
}

Result<bool> is_equal(const Value& value, Inputs inputs) {
    return equal(value, *inputs[0]);
}
Result<bool> is_unequal(const Value& value, Inputs inputs) {
    return !equal(value, *inputs[0]);
}

// `Below`, `Same` and `Above` say which orders satisfy the test.
template <bool Below, bool Same, bool Above>
Result<bool> is_ordered(const Value& value, Inputs inputs) {
    const auto order = compare(value, *inputs[0]);
    if (!order) return order.error();
    return *order < 0 ? Below : *order == 0 ? Same : Above;
}

template <Anchor Where>
Result<bool> matches(const Value& value, Inputs inputs) {
    const auto found = find_match(to_str(value), to_str(*inputs[0]), Where);
    if (!found) return found.error();
    return found->has_value();
}

Result<Value> field_of_result(const Value& value, std::string_view name) {
    if (!value.is_map()) {
        return make_error(Errc::Invalid, "'is {}' needs the result of a task, not {}", name,
                          name_of(value.kind()));
    }
    const Value* field = value.map().find(name);
    return field == nullptr ? Value(false) : *field;
}

Result<bool> is_failed(const Value& value, Inputs) {
    const auto failed = field_of_result(value, "failed");
    if (!failed) return failed.error();
    return is_true(*failed);
}
Result<bool> is_succeeded(const Value& value, Inputs) {
    const auto failed = is_failed(value, {});
    if (!failed) return failed;
    return !*failed;
}
Result<bool> is_skipped(const Value& value, Inputs) {
    const auto skipped = field_of_result(value, "skipped");
    if (!skipped) return skipped.error();
    return is_true(*skipped);
}
Result<bool> is_changed(const Value& value, Inputs) {
    const auto changed = field_of_result(value, "changed");
    if (!changed) return changed.error();
    return is_true(*changed);
}

constexpr std::array<TestSpec, 37> kTests{{
    {"defined", is_defined, 0, true},
    {"undefined", [](const Value& value, Inputs) -> Result<bool> { return value.is_undefined(); },
     0, true},
    {"none", is_kind<&Value::is_none>},
    {"true", is_true_itself},
    {"false", is_false_itself},
    {"string", is_kind<&Value::is_text>},
    {"number", is_kind<&Value::is_number>},
    {"integer", is_kind<&Value::is_int>},
    {"float", is_kind<&Value::is_float>},
    {"boolean", is_kind<&Value::is_bool>},
    {"mapping", is_kind<&Value::is_map>},
    {"sequence", is_iterable},
    {"iterable", is_iterable},
    {"even", is_even},
    {"odd", is_odd},
    {"in", is_in, 1},
    {"==", is_equal, 1, false, false, true},
    {"eq", is_equal, 1},
    {"equalto", is_equal, 1},
    {"!=", is_unequal, 1, false, false, true},
    {"ne", is_unequal, 1},
    {"<", is_ordered<true, false, false>, 1, false, false, true},
    {"lt", is_ordered<true, false, false>, 1},
    {"<=", is_ordered<true, true, false>, 1, false, false, true},
    {"le", is_ordered<true, true, false>, 1},
    {">", is_ordered<false, false, true>, 1, false, false, true},
    {"gt", is_ordered<false, false, true>, 1},
    {"greaterthan", is_ordered<false, false, true>, 1},
    {">=", is_ordered<false, true, true>, 1, false, false, true},
    {"ge", is_ordered<false, true, true>, 1},
    {"match", matches<Anchor::Start>, 1, false, true},
    {"search", matches<Anchor::Anywhere>, 1, false, true},
    {"failed", is_failed},
    {"succeeded", is_succeeded},
    {"success", is_succeeded},
    {"changed", is_changed},
    {"skipped", is_skipped},
}};

}  // namespace

std::span<const TestSpec> test_table() {
    return kTests;
}

}  // namespace homeostat::playbook
