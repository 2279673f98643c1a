// FieldUnpacker unpacks the fields that journald compressed by zstd: those longer than 512 bytes,
// which are stack traces and dumps, the lines that tell most.
//
// All its memory, some 180 KiB, is set aside at start and not touched before the first such field.
// Source: RFC 8878; systemd's docs/JOURNAL_FILE_FORMAT.md.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace homeostat {

class FieldUnpacker {
public:
    static constexpr std::size_t kPackedMax = 16UL << 10U;
    static constexpr std::size_t kUnpackedMax = 64UL << 10U;

    FieldUnpacker();

    // Room for a packed field, for unpack().
    [[nodiscard]] std::span<char> packed() { return {memory_.get(), kPackedMax}; }

    // What was packed, until the next call. Empty: it is no zstd frame, or is longer than
    // kUnpackedMax.
    std::string_view unpack(std::string_view packed);

private:
    std::size_t context_bytes_;
    std::unique_ptr<char[]> memory_;  // the packed field, the unpacked one, zstd's context
    void* context_ = nullptr;         // in memory_; made when it is needed first
};

}  // namespace homeostat
