#include "agent/uplink/body_codec.hpp"

#include <zlib.h>
#include <zstd.h>

namespace homeostat {
namespace {

constexpr int kGzipLevel = 6;
constexpr int kGzipWindow = 15 + 16;  // the largest window; 16 asks for gzip's frame
constexpr int kGzipMemory = 8;
constexpr int kZstdLevel = 9;

Result<std::string> gzip(std::string_view body) {
    z_stream stream{};
    if (::deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory,
                       Z_DEFAULT_STRATEGY) != Z_OK) {
        return make_error(Errc::Failed, "gzip: out of memory");
    }
    std::string out(::deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
    // zlib takes its input by a pointer to non-const for historical reasons; it only reads.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
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

Result<std::string> compress_body(Compression compression, std::string_view body) {
    switch (compression) {
        case Compression::None: return std::string(body);
        case Compression::Gzip: return gzip(body);
        case Compression::Zstd: return zstd(body);
    }
    return make_error(Errc::Invalid, "unknown compression");
}

}  // namespace homeostat
