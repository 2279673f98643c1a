#include "actions/minisign.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kKeyBytes = 42;
constexpr std::size_t kSignatureBytes = 74;
constexpr std::size_t kGlobalBytes = 64;
constexpr std::size_t kHeadBytes = 10;  // algorithm and key id
constexpr std::size_t kCommentBytesMax = 1024;
constexpr std::string_view kUntrusted = "untrusted comment:";
constexpr std::string_view kTrusted = "trusted comment: ";
constexpr std::string_view kBegin = "# -----BEGIN MINISIG-----\n";
constexpr std::string_view kEnd = "# -----END MINISIG-----\n";
constexpr std::size_t kLines = 4;

int digit_of(char c) {
    static constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto at = kDigits.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// RFC 4648, one spelling only: padded, nothing else in between, unused bits nought. Otherwise one
// signature had several texts, and a text that was changed on the way would pass.
bool decode_base64(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() != (out.size() + 2) / 3 * 4) return false;
    const std::size_t padding = (3 - out.size() % 3) % 3;
    if (text.substr(text.size() - padding) != std::string_view("==", padding)) return false;
    text.remove_suffix(padding);
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t at = 0;
    for (const char c : text) {
        const int digit = digit_of(c);
        if (digit < 0) return false;
        bits = (bits << 6U | static_cast<std::uint32_t>(digit)) & 0xFFFFU;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out[at++] = static_cast<std::uint8_t>(bits >> held);
    }
    return (bits & ((1U << held) - 1U)) == 0;
}

// The points of order 1, 2, 4 and 8, and their spellings that are not reduced; the sign bit is not
// looked at (RFC 7748, section 6, and "Taming the many EdDSAs", Chalkias and others, 2020).
bool is_of_small_order(Ed25519Key key) {
    static constexpr std::array<std::array<std::uint8_t, 32>, 2> kOrder8{
        {{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
          0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
          0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
         {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
          0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
          0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}}};
    key[31] &= 0x7FU;
    if (std::find(kOrder8.begin(), kOrder8.end(), key) != kOrder8.end()) return true;
    const bool noughts = std::all_of(key.begin() + 1, key.end(), [](auto b) { return b == 0; });
    if (noughts && key[0] <= 1) return true;  // 0 and 1
    const bool high = key[31] == 0x7F &&
                      std::all_of(key.begin() + 1, key.end() - 1, [](auto b) { return b == 0xFF; });
    return high && key[0] >= 0xEC && key[0] <= 0xEE;  // p - 1, p and p + 1
}

std::string_view without_comment(std::string_view text) {
    if (!text.starts_with(kUntrusted)) return text;
    const auto end = text.find('\n');
    return end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
}

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<MinisignKey> parse_minisign_key(std::string_view text) {
    std::array<std::uint8_t, kKeyBytes> bytes{};
    if (!decode_base64(trim(without_comment(text)), bytes)) {
        return make_error(Errc::Parse,
                          "expected a minisign public key, 56 characters that begin with RW, got "
                          "'{}'",
                          text.substr(0, 64));
    }
    if (bytes[0] != 'E' || bytes[1] != 'd') {
        return make_error(Errc::Parse, "'{}' is no Ed25519 key of minisign", text.substr(0, 64));
    }
    MinisignKey key;
    std::copy_n(bytes.begin() + 2, key.id.size(), key.id.begin());
    std::copy_n(bytes.begin() + kHeadBytes, key.key.size(), key.key.begin());
    if (is_of_small_order(key.key)) {
        return make_error(Errc::Denied, "key {} is of small order: anything would fit it",
                          to_text(key.id).view());
    }
    return key;
}

Result<MinisignSignature> parse_minisign_signature(std::string_view text) {
    std::array<std::string_view, kLines> lines;
    for (std::string_view& line : lines) {
        if (!next_line(text, line)) {
            return make_error(Errc::Parse, "signature: expected {} lines", kLines);
        }
    }
    if (!text.empty()) {
        return make_error(Errc::Parse, "signature: more than {} lines", kLines);
    }
    if (!lines[0].starts_with(kUntrusted) || lines[0].size() > kCommentBytesMax) {
        return make_error(Errc::Parse, "signature: line 1: expected '{} ...'", kUntrusted);
    }
    if (!lines[2].starts_with(kTrusted) || lines[2].size() > kCommentBytesMax) {
        return make_error(Errc::Parse, "signature: line 3: expected '{}...'", kTrusted);
    }
    std::array<std::uint8_t, kSignatureBytes> bytes{};
    MinisignSignature signature;
    if (!decode_base64(lines[1], bytes) || !decode_base64(lines[3], signature.global)) {
        return make_error(Errc::Parse,
                          "signature: lines 2 and 4: expected base64 of {} and {} bytes",
                          kSignatureBytes, kGlobalBytes);
    }
    if (bytes[0] != 'E' || bytes[1] != 'D') {
        return make_error(Errc::Denied,
                          "signature: not of the prehashed kind; sign with `minisign -S -H`");
    }
    std::copy_n(bytes.begin() + 2, signature.id.size(), signature.id.begin());
    std::copy_n(bytes.begin() + kHeadBytes, signature.signature.size(),
                signature.signature.begin());
    signature.trusted_comment = lines[2].substr(kTrusted.size());
    return signature;
}

FixedString<16> to_text(const MinisignKeyId& id) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    FixedString<16> text;
    for (std::size_t i = id.size(); i-- > 0;) {
        const char pair[2] = {kDigits[id[i] >> 4U], kDigits[id[i] & 0x0FU]};
        text.append({pair, 2});
    }
    return text;
}

Status verify_minisign(std::string_view message, const MinisignSignature& signature,
                       std::span<const MinisignKey> keys, const SignatureLibrary& library) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const MinisignKey& known) {
        return known.id == signature.id;
    });
    if (key == keys.end()) {
        return make_error(Errc::Denied, "signed by key {}, which is not trusted here",
                          to_text(signature.id).view());
    }
    Blake2bDigest digest{};
    if (!library.blake2b(message, digest)) return make_error(Errc::Failed, "BLAKE2b failed");
    if (!library.verify(key->key, signature.signature, as_text(digest))) {
        return make_error(Errc::Denied,
                          "the signature of key {} does not fit: the file was changed",
                          to_text(signature.id).view());
    }
    std::string signed_comment(as_text(signature.signature));
    signed_comment += signature.trusted_comment;
    if (!library.verify(key->key, signature.global, signed_comment)) {
        return make_error(Errc::Denied, "the trusted comment was changed after key {} signed it",
                          to_text(signature.id).view());
    }
    return Ok{};
}

Result<SignedText> split_signed(std::string_view text) {
    const auto begin = text.find(kBegin);
    if (begin == std::string_view::npos) return SignedText{text, ""};
    if (begin > 0 && text[begin - 1] != '\n') {
        return make_error(Errc::Parse, "the line BEGIN MINISIG does not begin its line");
    }
    SignedText out{text.substr(0, begin), ""};
    std::string_view rest = text.substr(begin + kBegin.size());
    for (std::size_t i = 0; i < kLines; ++i) {
        std::string_view line;
        if (!next_line(rest, line) || !line.starts_with("# ")) {
            return make_error(Errc::Parse, "expected {} lines of '# ' behind BEGIN MINISIG",
                              kLines);
        }
        out.signature += line.substr(2);
        out.signature += '\n';
    }
    if (rest != kEnd) return make_error(Errc::Parse, "expected END MINISIG, and nothing behind it");
    return out;
}

Result<std::string> join_signed(std::string_view body, std::string_view signature) {
    if (const auto parsed = parse_minisign_signature(signature); !parsed) return parsed.error();
    if (body.find(kBegin) != std::string_view::npos) {
        return make_error(Errc::Invalid, "the file has a signature inside already");
    }
    if (!body.ends_with('\n')) {
        return make_error(Errc::Invalid, "the file does not end with a line break");
    }
    std::string out(body);
    out += kBegin;
    std::string_view line;
    while (next_line(signature, line)) {
        out += "# ";
        out += line;
        out += '\n';
    }
    out += kEnd;
    return out;
}

}  // namespace homeostat
