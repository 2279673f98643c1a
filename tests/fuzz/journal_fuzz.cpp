// The journal's files: any bytes give entries or an error, in as many steps as there are bytes.
#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "collectors/journal_file.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = [text](std::uint64_t offset,
                             std::span<char> buffer) -> Result<std::string_view> {
        if (offset >= text.size()) return std::string_view{};
        const auto part = text.substr(offset, buffer.size());
        std::memcpy(buffer.data(), part.data(), part.size());
        return std::string_view(buffer.data(), part.size());
    };
    FieldUnpacker unpacker;
    JournalFile file(unpacker);
    JournalEntry entry;
    (void)file.open(read, JournalFile::From::Tail);
    if (!file.open(read, JournalFile::From::Start)) return 0;
    std::size_t entries = 0;
    for (;;) {
        const auto more = file.next(read, entry);
        if (!more || !*more) break;
        assert(++entries <= size / 16);
        assert(entry.priority >= 0 && entry.priority <= 7);
    }
    return 0;
}
