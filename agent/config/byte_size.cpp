#include "agent/config/byte_size.hpp"

#include <array>
#include <limits>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::uint64_t kSizeMax = std::numeric_limits<std::int64_t>::max();

struct SizeUnit {
    char letter;
    unsigned shift;
};
constexpr std::array kUnits{SizeUnit{'K', 10}, SizeUnit{'M', 20}, SizeUnit{'G', 30},
                            SizeUnit{'T', 40}, SizeUnit{'P', 50}};

// Takes "B", "KB" or "KiB" off the front; how far to shift, or a negative number for anything else.
int take_unit(std::string_view& rest) {
    unsigned shift = 0;
    std::string_view unit = rest;
    for (const SizeUnit& each : kUnits) {
        if (unit.empty() || unit.front() != each.letter) continue;
        shift = each.shift;
        unit.remove_prefix(1);
        if (!unit.empty() && unit.front() == 'i') unit.remove_prefix(1);
        break;
    }
    if (unit.empty() || unit.front() != 'B') return -1;
    rest = unit.substr(1);
    return static_cast<int>(shift);
}

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
    const auto refused = [text] {
        return make_error(Errc::Parse, "expected a size such as '10MB', got '{}'",
                          text.substr(0, 40));
    };
    std::uint64_t sum = 0;
    std::string_view rest = text;
    if (const auto plain = parse_u64(text)) return *plain;
    do {
        const auto digits = rest.substr(0, rest.find_first_not_of("0123456789"));
        const auto number = parse_u64(digits);
        rest.remove_prefix(digits.size());
        const int shift = number ? take_unit(rest) : -1;
        if (shift < 0) return refused();
        if (*number > (kSizeMax - sum) >> static_cast<unsigned>(shift)) {
            return make_error(Errc::Limit, "'{}' is too large", text.substr(0, 40));
        }
        sum += *number << static_cast<unsigned>(shift);
    } while (!rest.empty());
    return sum;
}

}  // namespace homeostat
