// What every collector needs to read a kernel file: one way to ask, one way to complain.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/parse.hpp"
#include "core/root.hpp"

namespace homeostat {

// /proc counts CPU time in USER_HZ, which is 100 on every architecture we build for.
inline constexpr double kTicksPerSecond = 100;

// /proc/diskstats and /sys/block count in 512-byte sectors, whatever the disk's own size is.
inline constexpr double kSectorBytes = 512;

// Reads a file without which there is nothing to collect: a missing one is Errc::NotAvailable.
Result<std::string_view> read_source(const Root& root, KeptFile& file, std::span<char> buffer);
Result<std::string_view> read_source(const Root& root, const char* path, std::span<char> buffer);

// The number that is the whole of a small file, with or without a line feed.
Result<std::uint64_t> read_number(const Root& root, const char* path, std::span<char> buffer);

// The start of foreign text, short and clean enough to quote in an error: up to the first byte that
// is not printable ASCII.
constexpr std::string_view excerpt(std::string_view text) {
    constexpr std::size_t kQuotedMax = 80;
    std::size_t size = 0;
    while (size < text.size() && size < kQuotedMax &&
           ((text[size] >= ' ' && text[size] <= '~') || text[size] == '\t')) {
        ++size;
    }
    return text.substr(0, size);
}

constexpr double as_double(std::uint64_t value) {
    return static_cast<double>(value);
}

}  // namespace homeostat
