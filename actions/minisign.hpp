// Minisign: the format of keys and signatures that `minisign` writes, which every distribution has
// (https://jedisct1.github.io/minisign/, "Signature format").
//
//     public key   base64 of 42 bytes: "Ed", key id (8), Ed25519 key (32)
//     signature    untrusted comment: <text>
//                  base64 of 74 bytes: "ED", key id (8), signature of BLAKE2b-512(file) (64)
//                  trusted comment: <text>
//                  base64 of 64 bytes: signature of (the 64 bytes above, the trusted comment)
//
// Both signatures must verify. Refused: the old algorithm "Ed" for files, base64 that is not the
// only spelling of its bytes, keys of small order (with them a signature can fit any message), and
// anything that is left over. The untrusted comment is never used.
//
// A file and its signature can travel as one text: the file, and behind it, as comments,
//
//     # -----BEGIN MINISIG-----
//     # untrusted comment: ...       the four lines
//     # -----END MINISIG-----
//
// The signed bytes are all that stand before the BEGIN line.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actions/signature_library.hpp"
#include "core/fixed_string.hpp"
#include "core/result.hpp"

namespace homeostat {

using MinisignKeyId = std::array<std::uint8_t, 8>;

struct MinisignKey {
    MinisignKeyId id{};
    Ed25519Key key{};

    friend bool operator==(const MinisignKey&, const MinisignKey&) = default;
};

struct MinisignSignature {
    MinisignKeyId id{};
    Ed25519Signature signature{};
    std::string trusted_comment;
    Ed25519Signature global{};
};

// A key as minisign prints it: the line alone, or a .pub file with its comment line.
Result<MinisignKey> parse_minisign_key(std::string_view text);

// The four lines. The comments may be 1 KiB long at most.
Result<MinisignSignature> parse_minisign_signature(std::string_view text);

// As minisign shows it: 16 digits, the last byte first.
FixedString<16> to_text(const MinisignKeyId& id);

// Ok when one of the keys has signed exactly these bytes. Errc::Denied says what does not fit.
Status verify_minisign(std::string_view message, const MinisignSignature& signature,
                       std::span<const MinisignKey> keys, const SignatureLibrary& library);

// A file with its signature inside. Borrows `body` from the text.
struct SignedText {
    std::string_view body;
    std::string signature;  // the four lines, bare; empty: the text has none inside
};
Result<SignedText> split_signed(std::string_view text);
Result<std::string> join_signed(std::string_view body, std::string_view signature);

}  // namespace homeostat
