#include "agent/uplink/body_codec.hpp"

#include <zlib.h>
#include <zstd.h>

#include <array>

namespace homeostat {
namespace {

constexpr int kGzipLevel = 6;
constexpr int kGzipWindow = 15 + 16;  // the largest window; 16 asks for gzip's frame
constexpr int kGzipMemory = 8;
constexpr int kZstdLevel = 9;

std::string joined(std::span<const std::string_view> pieces) {
    std::string out;
    for (const std::string_view piece : pieces) out.append(piece);
    return out;
}

// The output grows as it comes: the most that it could be is as much as the input.
Result<std::string> gzip(std::span<const std::string_view> pieces) {
    z_stream stream{};
    if (::deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
        return make_error(Errc::Failed, "gzip: out of memory");
    }
    std::string out;
    std::array<char, 8192> chunk;
    int result = Z_OK;
    for (std::size_t i = 0; i <= pieces.size() && (result == Z_OK || result == Z_BUF_ERROR); ++i) {
        const bool end = i == pieces.size();
        const std::string_view piece = end ? std::string_view{} : pieces[i];
        // zlib takes its input by a pointer to non-const for historical reasons; it only reads.
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream.avail_in = static_cast<uInt>(piece.size());
        do {
            stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
            stream.avail_out = static_cast<uInt>(chunk.size());
            result = ::deflate(&stream, end ? Z_FINISH : Z_NO_FLUSH);
            out.append(chunk.data(), chunk.size() - stream.avail_out);
        } while (result == Z_OK && stream.avail_out == 0);
    }
    ::deflateEnd(&stream);
    if (result != Z_STREAM_END) return make_error(Errc::Failed, "gzip: error {}", result);
    return out;
}

Result<std::string> zstd(std::string_view body) {
    std::string out(ZSTD_compressBound(body.size()), '\0');
    const std::size_t size =
        ZSTD_compress(out.data(), out.size(), body.data(), body.size(), kZstdLevel);
    if (ZSTD_isError(size) != 0) {
        return make_error(Errc::Failed, "zstd: {}", ZSTD_getErrorName(size));
    }
    out.resize(size);
    return out;
}

}  // namespace

std::string_view content_encoding(Compression compression) {
    switch (compression) {
        case Compression::None: return "";
        case Compression::Gzip: return "gzip";
        case Compression::Zstd: return "zstd";
    }
    return "";
}

Result<std::string> compress_body(Compression compression,
                                  std::span<const std::string_view> pieces) {
    switch (compression) {
        case Compression::None: return joined(pieces);
        case Compression::Gzip: return gzip(pieces);
        case Compression::Zstd: return zstd(joined(pieces));
    }
    return make_error(Errc::Invalid, "unknown compression");
}

}  // namespace homeostat
