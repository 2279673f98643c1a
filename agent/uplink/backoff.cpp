#include "agent/uplink/backoff.hpp"

#include <algorithm>
#include <array>

#include "core/hash.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Date {
    std::int64_t year = 0;
    std::int64_t month = 0;  // from 1
    std::int64_t day = 0;
    std::int64_t second_of_day = 0;
};

// Days since 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
constexpr std::int64_t days_since_epoch(std::int64_t year, std::int64_t month, std::int64_t day) {
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = y / 400;
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool parse_number(std::string_view text, std::int64_t most, std::int64_t& out) {
    const auto value = parse_u64(text);
    if (!value || *value > static_cast<std::uint64_t>(most)) return false;
    out = static_cast<std::int64_t>(*value);
    return true;
}

bool parse_month(std::string_view text, std::int64_t& out) {
    const auto found = std::find(kMonths.begin(), kMonths.end(), text);
    out = found - kMonths.begin() + 1;
    return found != kMonths.end();
}

// "08:49:37"
bool parse_clock(std::string_view text, std::int64_t& out) {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    const bool ok = text.size() == 8 && text[2] == ':' && text[5] == ':' &&
                    parse_number(text.substr(0, 2), 23, hour) &&
                    parse_number(text.substr(3, 2), 59, minute) &&
                    parse_number(text.substr(6, 2), 60, second);
    out = hour * 3600 + minute * 60 + second;
    return ok;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
bool parse_imf(std::string_view text, Date& out) {
    next_word(text);
    return parse_number(next_word(text), 31, out.day) && parse_month(next_word(text), out.month) &&
           parse_number(next_word(text), 9999, out.year) &&
           parse_clock(next_word(text), out.second_of_day) && trim(text) == "GMT";
}

// "Sunday, 06-Nov-94 08:49:37 GMT": a year that seems more than 50 years ahead is in the past.
bool parse_rfc850(std::string_view text, std::int64_t year_now, Date& out) {
    next_word(text);
    const std::string_view date = next_word(text);
    if (date.size() != 9 || date[2] != '-' || date[6] != '-') return false;
    std::int64_t year = 0;
    const bool ok = parse_number(date.substr(0, 2), 31, out.day) &&
                    parse_month(date.substr(3, 3), out.month) &&
                    parse_number(date.substr(7, 2), 99, year) &&
                    parse_clock(next_word(text), out.second_of_day) && trim(text) == "GMT";
    out.year = year_now / 100 * 100 + year;
    if (out.year > year_now + 50) out.year -= 100;
    return ok;
}

// "Sun Nov  6 08:49:37 1994"
bool parse_asctime(std::string_view text, Date& out) {
    next_word(text);
    return parse_month(next_word(text), out.month) && parse_number(next_word(text), 31, out.day) &&
           parse_clock(next_word(text), out.second_of_day) &&
           parse_number(next_word(text), 9999, out.year) && trim(text).empty();
}

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now_seconds) {
    constexpr std::int64_t kSecondsPerYear = 31'556'952;
    const std::int64_t year_now = 1970 + now_seconds / kSecondsPerYear;
    Date date;
    if (!parse_imf(text, date) && !parse_rfc850(text, year_now, date) &&
        !parse_asctime(text, date)) {
        return std::nullopt;
    }
    if (date.day < 1 || date.year < 1970) return std::nullopt;
    return days_since_epoch(date.year, date.month, date.day) * 86400 + date.second_of_day;
}

}  // namespace

std::uint64_t JitterRandom::next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    return mix(state_);
}

Duration JitterRandom::below(Duration span) {
    return {static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(span.ns))};
}

Duration Backoff::next(std::optional<Duration> retry_after, Duration least) {
    constexpr unsigned kDoublingsMax = 20;  // far beyond any cap, far below overflow
    failures_ = std::min(failures_ + 1, kDoublingsMax);
    least = std::min(std::max(least, least_), std::max(most_, least_));
    const Duration ceiling =
        std::max(least, std::min(least * (std::int64_t{1} << failures_), most_));
    const Duration wait = least + random_.below(ceiling - least + Duration{1});
    return std::max(wait, retry_after.value_or(Duration{}));
}

std::optional<Duration> parse_retry_after(std::string_view text, std::int64_t now_unix_ns) {
    text = trim(text);
    const std::int64_t now_seconds = now_unix_ns / seconds(1).ns;
    const std::int64_t most = kRetryAfterMax.ns / seconds(1).ns;
    std::int64_t wait = 0;
    if (const auto count = parse_u64(text)) {
        wait = *count > static_cast<std::uint64_t>(most) ? most : static_cast<std::int64_t>(*count);
    } else if (const auto date = parse_http_date(text, now_seconds)) {
        wait = std::min(*date - now_seconds, most);
    }
    if (wait <= 0) return std::nullopt;
    return seconds(wait);
}

}  // namespace homeostat
