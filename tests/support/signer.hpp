// Signer makes keys and signatures of minisign's format for tests: what a fleet manager's
// `minisign` does, from a seed, so that every run has the same.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "actions/minisign.hpp"

namespace homeostat::test {

class Signer {
public:
    explicit Signer(std::uint8_t seed);

    [[nodiscard]] const MinisignKey& key() const { return key_; }
    [[nodiscard]] std::string public_key() const;  // as in a configuration file

    // The four lines of a signature.
    [[nodiscard]] std::string sign(std::string_view message,
                                   std::string_view trusted_comment = "test") const;

    // The message with its signature inside.
    [[nodiscard]] std::string sealed(std::string_view message) const;

private:
    MinisignKey key_;
    std::array<unsigned char, 64> secret_{};
};

std::string base64(std::string_view bytes);

}  // namespace homeostat::test
