#include "actions/sha256.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace homeostat {
namespace {

using State = std::array<std::uint32_t, 8>;

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kLengthBytes = 8;  // of the message in bits, at the end of the last block
constexpr std::size_t kRounds = 64;

// The first 32 bits of the fractions of the square roots of the first 8 primes (FIPS 180-4, 5.3.3).
constexpr State kInitial{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Of the cube roots of the first 64 primes (4.2.2).
constexpr std::array<std::uint32_t, kRounds> kRoundConstants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Takes bytes in any portions and works on them a block at a time (6.2.2).
class Hasher {
public:
    void add(std::string_view bytes) {
        length_ += bytes.size();
        while (!bytes.empty()) {
            const std::size_t part = std::min(kBlockBytes - used_, bytes.size());
            std::copy_n(bytes.begin(), part, block_.begin() + static_cast<std::ptrdiff_t>(used_));
            used_ += part;
            bytes.remove_prefix(part);
            if (used_ == kBlockBytes) take_block();
        }
    }

    State finish() {
        const std::uint64_t bits = length_ * 8;
        add("\x80");
        while (used_ != kBlockBytes - kLengthBytes) add(std::string_view("\0", 1));
        for (unsigned shift = 64; shift > 0; shift -= 8) {
            const char byte = static_cast<char>(bits >> (shift - 8));
            add({&byte, 1});
        }
        return state_;
    }

private:
    [[nodiscard]] std::uint32_t word(std::size_t index) const {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value = value << 8U | static_cast<unsigned char>(block_[index * 4 + i]);
        }
        return value;
    }

    void take_block() {
        std::array<std::uint32_t, kRounds> w{};
        for (std::size_t t = 0; t < 16; ++t) w[t] = word(t);
        for (std::size_t t = 16; t < kRounds; ++t) {
            const std::uint32_t a = w[t - 15];
            const std::uint32_t b = w[t - 2];
            w[t] = w[t - 16] + w[t - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3U) +
                   (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10U);
        }
        State s = state_;
        for (std::size_t t = 0; t < kRounds; ++t) {
            const std::uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
            const std::uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
            const std::uint32_t sum0 =
                std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
            const std::uint32_t sum1 =
                std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
            const std::uint32_t first = s[7] + sum1 + choice + kRoundConstants[t] + w[t];
            s = {first + sum0 + majority, s[0], s[1], s[2], s[3] + first, s[4], s[5], s[6]};
        }
        for (std::size_t i = 0; i < s.size(); ++i) state_[i] += s[i];
        used_ = 0;
    }

    State state_ = kInitial;
    std::array<char, kBlockBytes> block_{};
    std::size_t used_ = 0;
    std::uint64_t length_ = 0;
};

}  // namespace

Sha256Hex sha256_hex(std::string_view first, std::string_view second) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    Hasher hasher;
    hasher.add(first);
    hasher.add(second);
    Sha256Hex hex;
    for (const std::uint32_t word : hasher.finish()) {
        for (unsigned shift = 32; shift > 0; shift -= 4) {
            hex.append(kDigits.substr(word >> (shift - 4) & 0x0FU, 1));
        }
    }
    return hex;
}

}  // namespace homeostat
