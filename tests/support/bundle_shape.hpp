// BundleShape writes a bundle's text with the parts that a test cares about.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>

#include "core/time.hpp"
#include "tests/support/manual_clock.hpp"

namespace homeostat::test {

inline constexpr std::int64_t kDayNs = 86'400'000'000'000;

struct BundleShape {
    std::uint64_t version = 1;
    std::string id = "prod";
    std::string body = "series_max: 3000\n";
    std::string select = "{all: true}";
    std::int64_t issued_ns = ManualClock::kStartUnixNs;
    std::int64_t expires_ns = ManualClock::kStartUnixNs + 30 * kDayNs;
    std::string probation = "10m";
};

inline std::string text_of(const BundleShape& shape) {
    return fmt::format(
        "bundle:\n  id: {}\n  version: {}\n  issued: '{}'\n  expires: '{}'\n"
        "  select: {}\n  rollout: {{canary: 1, wait: 1h, spread: 1h, probation: {}}}\n{}\n",
        shape.id, shape.version, std::string(rfc3339(shape.issued_ns).view()),
        std::string(rfc3339(shape.expires_ns).view()), shape.select, shape.probation, shape.body);
}

}  // namespace homeostat::test
