// PayloadCodec makes records small for the spool: zstd (RFC 8878) with a dictionary of our own.
//
// An incident says in each record the same few hundred words; a record alone is too short to learn
// them, so both sides start out knowing them. The dictionary is plain text, compiled in
// (payload_dictionary.hpp). A better one gets a new number; the old ones stay readable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

// How a record is packed.
inline constexpr std::uint8_t kPackedPlain = 0;
inline constexpr std::uint8_t kPackedZstd1 = 1;  // zstd with dictionary 1

class PayloadCodec {
public:
    PayloadCodec();
    ~PayloadCodec();
    PayloadCodec(const PayloadCodec&) = delete;
    PayloadCodec& operator=(const PayloadCodec&) = delete;

    // Replaces `out`. Returns how it is packed: kPackedPlain when it did not get smaller.
    std::uint8_t pack(std::string_view payload, std::string& out);

    // Replaces `out`. Errc::Invalid for an unknown packing, broken data, and data that would become
    // larger than kSpoolPayloadMax.
    Status unpack(std::uint8_t packing, std::string_view packed, std::string& out);

private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace homeostat
