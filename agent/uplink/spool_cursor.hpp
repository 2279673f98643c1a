// SpoolCursor remembers how far one destination has got: the file "cursor-NAME".
//
// Two slots of 512 bytes, one disk sector each, written in turn: a write that a power cut tears
// leaves the other one whole. The valid slot with the higher generation counts; with none the
// destination is as good as new. A lost write only repeats a delivery.
//
//      0   u32  magic        "HSC1"
//      4   u32  crc          CRC-32C of bytes 8 to 511
//      8   u64  generation   grows by 1 with each write; slot = generation mod 2
//     16   {u64 acked, u32 epoch, u32 zero} for each class, in the order of SpoolClass
//     64   zero bytes up to 512
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/uplink/spool_class.hpp"
#include "agent/uplink/spool_files.hpp"

namespace homeostat {

inline constexpr std::size_t kCursorSlotBytes = 512;

class SpoolCursor {
public:
    explicit SpoolCursor(std::string_view destination);

    // Reads what is there; on an error, or where nothing is, known() stays false.
    Status load(SpoolFiles& files);
    // Writes the marks into the older slot and syncs. After an error the file is opened anew
    // before the next write: no descriptor is synced again that once failed.
    Status store(SpoolFiles& files);

    [[nodiscard]] bool known() const { return generation_ > 0; }
    SpoolMark& mark(SpoolClass kind) { return marks_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] const SpoolMark& mark(SpoolClass kind) const {
        return marks_[static_cast<std::size_t>(kind)];
    }

private:
    using Marks = std::array<SpoolMark, kSpoolClasses>;

    [[nodiscard]] std::string slot() const;
    Status read_slots(SpoolFiles& files, Marks& marks);
    void read_slot(std::string_view bytes, Marks& marks);

    std::string file_;
    Marks marks_{};
    std::uint64_t generation_ = 0;
    bool open_ = false;
};

}  // namespace homeostat
