// JournalBuilder writes a small systemd journal, as docs/JOURNAL_FILE_FORMAT.md says: header, then
// each entry behind the fields that are new. Hash tables are left out: a walk does not need them.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace homeostat::test {

class JournalBuilder {
public:
    explicit JournalBuilder(bool compact = true) : compact_(compact), bytes_(256, '\0') {
        bytes_.replace(0, 8, "LPKSHHRH");
        put(12, 4, compact ? 16 | 4 | 8 : 4 | 8);  // keyed hash and ZSTD, as systemd 252 writes
        bytes_[16] = 1;                            // online
        put(88, 8, 256);
    }

    using Fields = std::vector<std::string>;

    JournalBuilder& add(std::int64_t unix_us, const Fields& fields) {
        std::vector<std::uint64_t> items;
        for (const std::string& field : fields) items.push_back(data(field));
        const std::size_t item_bytes = compact_ ? 4 : 16;
        const std::uint64_t offset = object(3, 64 + items.size() * item_bytes);
        put(offset + 16, 8, ++entries_);
        put(offset + 24, 8, static_cast<std::uint64_t>(unix_us));
        for (std::size_t i = 0; i < items.size(); ++i) {
            put(offset + 64 + i * item_bytes, compact_ ? 4 : 8, items[i]);
        }
        put(152, 8, entries_);
        if (entries_ == 1) put(184, 8, static_cast<std::uint64_t>(unix_us));
        return *this;
    }

    // The next new field is compressed: by zstd, or by something that we do not read.
    enum Packing : char { Plain = 0, Xz = 1, Lz4 = 2, Zstd = 4 };
    JournalBuilder& compress_next(Packing packing = Zstd) {
        compress_next_ = packing;
        return *this;
    }
    JournalBuilder& archive() {
        bytes_[16] = 2;
        return *this;
    }
    void put(std::uint64_t offset, std::size_t size, std::uint64_t value) {
        for (std::size_t i = 0; i < size; ++i) {
            bytes_[offset + i] = static_cast<char>((value >> (8 * i)) & 0xFFU);
        }
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }
    // Where the last object begins.
    [[nodiscard]] std::uint64_t tail() const { return tail_; }

private:
    std::uint64_t object(std::uint8_t type, std::uint64_t size) {
        tail_ = bytes_.size();
        bytes_.resize(tail_ + (size + 7) / 8 * 8, '\0');
        bytes_[tail_] = static_cast<char>(type);
        put(tail_ + 8, 8, size);
        put(136, 8, tail_);
        return tail_;
    }
    static std::string packed(const std::string& text) {
        std::string out(ZSTD_compressBound(text.size()), '\0');
        out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
        return out;
    }
    std::uint64_t data(const std::string& field) {
        if (const auto known = data_.find(field); known != data_.end()) return known->second;
        const std::size_t head = compact_ ? 72 : 64;
        const Packing packing = std::exchange(compress_next_, Plain);
        const std::string payload = packing == Zstd ? packed(field) : field;
        const std::uint64_t offset = object(1, head + payload.size());
        bytes_.replace(offset + head, payload.size(), payload);
        bytes_[offset + 1] = packing;
        data_[field] = offset;
        return offset;
    }

    bool compact_;
    Packing compress_next_ = Plain;
    std::string bytes_;
    std::map<std::string, std::uint64_t> data_;
    std::uint64_t entries_ = 0;
    std::uint64_t tail_ = 0;
};

}  // namespace homeostat::test
