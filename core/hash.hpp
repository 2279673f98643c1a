// A fast, stable hash for tables in memory. Not for secrets, not for files: those use OpenSSL.
#pragma once

#include <cstdint>
#include <string_view>

namespace homeostat {

// FNV-1a, 64 bit (http://www.isthe.com/chongo/tech/comp/fnv/): stable across builds and machines,
// which the incident fingerprint and the simulation rely on.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325ULL) {
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

// Spreads an integer over all bits (the finaliser of SplitMix64).
constexpr std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 30U;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27U;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31U);
}

}  // namespace homeostat
