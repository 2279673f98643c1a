// The record of /dev/kmsg: one message of the kernel's log with its level and number.
//
//     6,1234,98765432,-;EXT4-fs (sda1): mounted filesystem with ordered data mode
//      SUBSYSTEM=block                     (lines of key and value follow, each after a blank)
//
// Source: Documentation/ABI/testing/dev-kmsg. Bytes below 32, above 126 and the backslash come
// escaped as \xNN; they stay so here.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

struct KernelRecord {
    std::uint32_t priority = 0;      // 0 emergency ... 7 debug
    std::uint32_t facility = 0;      // 0: the kernel itself; else a program wrote to /dev/kmsg
    std::uint64_t sequence = 0;      // grows by one with each record
    std::uint64_t microseconds = 0;  // since boot, suspend not counted
    std::string_view message;        // first line, without what follows; a view of the text
};

// Errc::Parse, with an excerpt, for anything else.
Result<KernelRecord> parse_kernel_record(std::string_view text);

}  // namespace homeostat
