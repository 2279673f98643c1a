#include "actions/playbook/modules/find_units.hpp"

#include <span>
#include <utility>

#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

using Unit = std::pair<char, std::int64_t>;

Result<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
    std::string_view digits = text;
    std::int64_t factor = 1;
    for (const auto& [letter, size] : units) {
        if (!digits.empty() && (digits.back() | 0x20) == letter) {
            factor = size;
            digits.remove_suffix(1);
            break;
        }
    }
    const auto number = parse_i64(digits);
    std::int64_t product = 0;
    if (!number || __builtin_mul_overflow(*number, factor, &product) || product == INT64_MIN) {
        return make_error(Errc::Invalid, "'{}' is not a number with a unit", text);
    }
    return product;
}

}  // namespace

Result<std::int64_t> parse_age(std::string_view text) {
    static constexpr Unit kUnits[] = {
        {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    return parse_with_unit(text, kUnits);
}

Result<std::int64_t> parse_size(std::string_view text) {
    static constexpr Unit kUnits[] = {
        {'b', 1}, {'k', 1LL << 10U}, {'m', 1LL << 20U}, {'g', 1LL << 30U}, {'t', 1LL << 40U}};
    return parse_with_unit(text, kUnits);
}

}  // namespace homeostat::playbook
