#include "collectors/field_unpacker.hpp"

#define ZSTD_STATIC_LINKING_ONLY  // for a context in memory of ours; the library is linked so
#include <zstd.h>

namespace homeostat {

FieldUnpacker::FieldUnpacker()
    : context_bytes_(ZSTD_estimateDCtxSize()),
      memory_(std::make_unique_for_overwrite<char[]>(kPackedMax + kUnpackedMax + context_bytes_)) {}

std::string_view FieldUnpacker::unpack(std::string_view packed) {
    char* const unpacked = memory_.get() + kPackedMax;
    if (context_ == nullptr) {
        context_ = ZSTD_initStaticDCtx(unpacked + kUnpackedMax, context_bytes_);
    }
    if (context_ == nullptr) return {};
    const std::size_t size = ZSTD_decompressDCtx(static_cast<ZSTD_DCtx*>(context_), unpacked,
                                                 kUnpackedMax, packed.data(), packed.size());
    if (ZSTD_isError(size) != 0) return {};
    return {unpacked, size};
}

}  // namespace homeostat
