// A bundle and its signature: texts that come from the network.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "actions/bundle.hpp"
#include "actions/minisign.hpp"
#include "actions/sodium_signatures.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace homeostat;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parse_bundle("bundle.yml", text);
    (void)parse_minisign_key(text);
    (void)parse_utc(text);
    const auto split = split_signed(text);
    if (!split) return 0;
    const auto signature = parse_minisign_signature(split->signature);
    if (signature) (void)verify_minisign(split->body, *signature, {}, SodiumSignatures{});
    return 0;
}
