// Parsers of the small files of control groups. Sources: Documentation/admin-guide/cgroup-v2.rst,
// Documentation/admin-guide/cgroup-v1/blkio-controller.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// The number after `key` in a file of "key number" lines (cpu.stat, memory.events, pids.events).
std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view key);

// A limit file: its number, or nothing for "max" and for anything else that is no number.
std::optional<std::uint64_t> parse_limit(std::string_view text);

struct CgroupIo {
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;
};

// io.stat, summed over devices. An empty file means that nothing was read or written. Errc::Parse
// at a line that does not begin with major:minor.
Result<CgroupIo> parse_io_stat(std::string_view text);

// blkio.throttle.io_service_bytes of version 1, summed over devices: "8:0 Read 4096". Nothing when
// no line is of this form.
std::optional<CgroupIo> parse_blkio_bytes(std::string_view text);

}  // namespace homeostat
