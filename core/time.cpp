#include <array>
#include <cmath>
#include <ctime>

#include "core/clock.hpp"
#include "core/parse.hpp"
#include "core/time.hpp"

namespace homeostat {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

struct DurationUnit {
    std::string_view symbol;  // Prometheus' spelling
    std::string_view word;    // Ansible's spelling, singular
    std::int64_t ns;
};

// Largest first: to_text() spells with them in this order.
constexpr std::array<DurationUnit, 7> kDurationUnits{{
    {"w", "week", 7 * 24 * 3600 * kNanosecondsPerSecond},
    {"d", "day", 24 * 3600 * kNanosecondsPerSecond},
    {"h", "hour", 3600 * kNanosecondsPerSecond},
    {"m", "minute", 60 * kNanosecondsPerSecond},
    {"s", "second", kNanosecondsPerSecond},
    {"ms", "millisecond", 1'000'000},
    {"ns", "nanosecond", 1},
}};

std::int64_t read_clock(clockid_t id) {
    timespec time{};
    clock_gettime(id, &time);
    return static_cast<std::int64_t>(time.tv_sec) * kNanosecondsPerSecond + time.tv_nsec;
}

const DurationUnit* find_unit(std::string_view text) {
    for (const DurationUnit& unit : kDurationUnits) {
        const bool plural = text.size() == unit.word.size() + 1 && text.back() == 's' &&
                            text.substr(0, unit.word.size()) == unit.word;
        if (text == unit.symbol || text == unit.word || plural) return &unit;
    }
    return nullptr;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z');
}

}  // namespace

Instant SystemClock::now() const {
    return {.monotonic_ns = read_clock(CLOCK_BOOTTIME), .unix_ns = read_clock(CLOCK_REALTIME)};
}

std::int64_t SystemClock::utc_offset_seconds(Instant at) const {
    const auto whole = static_cast<std::time_t>(at.unix_ns / kNanosecondsPerSecond);
    std::tm local{};
    return ::localtime_r(&whole, &local) == nullptr ? 0 : local.tm_gmtoff;
}

FixedString<32> rfc3339(std::int64_t unix_ns) {
    std::int64_t whole = unix_ns / kNanosecondsPerSecond;
    std::int64_t rest = unix_ns % kNanosecondsPerSecond;
    if (rest < 0) {
        rest += kNanosecondsPerSecond;
        --whole;
    }
    std::tm parts{};
    const std::time_t seconds_since_epoch = whole;
    FixedString<32> out;
    if (gmtime_r(&seconds_since_epoch, &parts) == nullptr) return out;
    format_into(out, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                rest / 1'000'000);
    return out;
}

FixedString<24> human_duration(double seconds) {
    FixedString<24> out;
    if (!std::isfinite(seconds) || seconds < 0) {
        out.append("?");
    } else if (seconds < 99.5) {
        format_into(out, "{:.0f} s", seconds);
    } else if (seconds < 99.5 * 60) {
        format_into(out, "{:.0f} min", seconds / 60);
    } else if (seconds < 48 * 3600) {
        format_into(out, "{:.1f} h", seconds / 3600);
    } else {
        format_into(out, "{:.0f} d", seconds / 86400);
    }
    return out;
}

FixedString<24> human_bytes(double bytes) {
    static constexpr std::array<std::string_view, 7> kUnits{"B",   "KiB", "MiB", "GiB",
                                                            "TiB", "PiB", "EiB"};
    FixedString<24> out;
    if (!std::isfinite(bytes)) {
        out.append("?");
        return out;
    }
    std::size_t unit = 0;
    while (std::fabs(bytes) >= 1024 && unit + 1 < kUnits.size()) {
        bytes /= 1024;
        ++unit;
    }
    if (unit == 0) {
        format_into(out, "{:.0f} B", bytes);
    } else {
        format_into(out, "{:.1f} {}", bytes, kUnits[unit]);
    }
    return out;
}

Result<Duration> parse_duration(std::string_view text) {
    std::string_view rest = trim(text);
    std::int64_t total = 0;
    bool any = false;
    while (!rest.empty()) {
        std::size_t digits = 0;
        while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
        const auto count = parse_u64(rest.substr(0, digits));
        rest = trim(rest.substr(digits));
        std::size_t letters = 0;
        while (letters < rest.size() && is_letter(rest[letters])) ++letters;
        const DurationUnit* unit = find_unit(rest.substr(0, letters));
        rest = trim(rest.substr(letters));
        std::int64_t part = 0;
        if (!count || unit == nullptr ||
            __builtin_mul_overflow(static_cast<std::int64_t>(*count), unit->ns, &part) ||
            *count > static_cast<std::uint64_t>(INT64_MAX) ||
            __builtin_add_overflow(total, part, &total)) {
            return make_error(
                Errc::Parse, "expected a duration such as '30s', '15m' or '1h30m', got '{}'", text);
        }
        any = true;
    }
    if (!any) return make_error(Errc::Parse, "expected a duration such as '30s', got nothing");
    return Duration{total};
}

FixedString<32> to_text(Duration duration) {
    FixedString<32> out;
    std::int64_t rest = duration.ns;
    if (rest < 0) {
        out.append("-");
        rest = -rest;
    }
    for (const DurationUnit& unit : kDurationUnits) {
        if (rest >= unit.ns) {
            format_into(out, "{}{}", rest / unit.ns, unit.symbol);
            rest %= unit.ns;
        }
    }
    if (duration.ns == 0) out.append("0s");
    return out;
}

}  // namespace homeostat
