#include "agent/uplink/body_codec.hpp"

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <span>

using namespace homeostat;

namespace {

std::string gunzip(std::string_view body) {
    z_stream stream{};
    REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
    std::string out(1U << 20U, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream.avail_in = static_cast<uInt>(body.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(::inflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::inflateEnd(&stream);
    return out;
}

std::string unzstd(std::string_view body) {
    std::string out(1U << 20U, '\0');
    out.resize(ZSTD_decompress(out.data(), out.size(), body.data(), body.size()));
    return out;
}

}  // namespace

TEST_CASE("bodies: independent decoders get back what was put in") {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "line " + std::to_string(i % 17) + "\n";
    for (const std::string& body : {std::string(), std::string("x"), text}) {
        CHECK(*compress_body(Compression::None, body) == body);
        CHECK(gunzip(*compress_body(Compression::Gzip, body)) == body);
        CHECK(unzstd(*compress_body(Compression::Zstd, body)) == body);
    }
    CHECK(compress_body(Compression::Gzip, text)->size() < text.size() / 10);
}

TEST_CASE("bodies: pieces are one body, wherever it is cut") {
    std::string text;  // more than one piece of the output, too
    for (unsigned i = 0; i < 30'000; ++i) text += static_cast<char>(i * i * 2654435761U >> 13U);
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, text.size() / 2, text.size()}) {
        CAPTURE(cut);
        const std::string_view whole(text);
        const std::array<std::string_view, 3> pieces{whole.substr(0, cut), std::string_view{},
                                                     whole.substr(cut)};
        CHECK(*compress_body(Compression::None, pieces) == text);
        CHECK(gunzip(*compress_body(Compression::Gzip, pieces)) == text);
        CHECK(unzstd(*compress_body(Compression::Zstd, pieces)) == text);
    }
    CHECK(gunzip(*compress_body(Compression::Gzip, std::span<const std::string_view>())).empty());
}

TEST_CASE("bodies: the encoding's name is what the header says") {
    CHECK(content_encoding(Compression::None).empty());
    CHECK(content_encoding(Compression::Gzip) == "gzip");
    CHECK(content_encoding(Compression::Zstd) == "zstd");
}
