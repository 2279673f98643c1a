#include "agent/uplink/payload_codec.hpp"

#include <zstd.h>

#include "agent/uplink/payload_dictionary.hpp"
#include "agent/uplink/spool_format.hpp"

namespace homeostat {
namespace {

// Records are rare and kept long: bytes matter more than microseconds.
constexpr int kLevel = 12;

}  // namespace

// Made when they are needed first: some 100 kB each, and a host may be well for months.
struct PayloadCodec::Contexts {
    ZSTD_CCtx* compress = nullptr;
    ZSTD_DCtx* decompress = nullptr;
    ZSTD_CDict* pack = nullptr;
    ZSTD_DDict* unpack = nullptr;

    void make_packer() {
        if (pack != nullptr) return;
        compress = ZSTD_createCCtx();
        pack = ZSTD_createCDict(kPayloadDictionary1.data(), kPayloadDictionary1.size(), kLevel);
    }
    void make_unpacker() {
        if (unpack != nullptr) return;
        decompress = ZSTD_createDCtx();
        unpack = ZSTD_createDDict(kPayloadDictionary1.data(), kPayloadDictionary1.size());
    }

    Contexts() = default;
    Contexts(const Contexts&) = delete;
    Contexts& operator=(const Contexts&) = delete;
    ~Contexts() {
        ZSTD_freeDDict(unpack);
        ZSTD_freeCDict(pack);
        ZSTD_freeDCtx(decompress);
        ZSTD_freeCCtx(compress);
    }
};

PayloadCodec::PayloadCodec() : contexts_(std::make_unique<Contexts>()) {}
PayloadCodec::~PayloadCodec() = default;

std::uint8_t PayloadCodec::pack(std::string_view payload, std::string& out) {
    contexts_->make_packer();
    out.resize(ZSTD_compressBound(payload.size()));
    const std::size_t size =
        ZSTD_compress_usingCDict(contexts_->compress, out.data(), out.size(), payload.data(),
                                 payload.size(), contexts_->pack);
    if (ZSTD_isError(size) != 0 || size >= payload.size()) {
        out.assign(payload);
        return kPackedPlain;
    }
    out.resize(size);
    return kPackedZstd1;
}

Status PayloadCodec::unpack(std::uint8_t packing, std::string_view packed, std::string& out) {
    if (packing == kPackedPlain) {
        out.assign(packed);
        return Ok{};
    }
    if (packing != kPackedZstd1) {
        return make_error(Errc::Invalid, "spool record: packed in way {}, known are 0 and 1",
                          packing);
    }
    if (packed.empty()) return make_error(Errc::Invalid, "spool record: zstd without a frame");
    contexts_->make_unpacker();
    // The size in the frame is not believed: the room is what a record may be.
    out.resize(kSpoolPayloadMax);
    const std::size_t size =
        ZSTD_decompress_usingDDict(contexts_->decompress, out.data(), out.size(), packed.data(),
                                   packed.size(), contexts_->unpack);
    if (ZSTD_isError(size) != 0) {
        return make_error(Errc::Invalid, "spool record: {}", ZSTD_getErrorName(size));
    }
    out.resize(size);
    return Ok{};
}

}  // namespace homeostat
