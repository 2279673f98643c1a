// What a server answers to an upgrade, and its frames after that.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/uplink/websocket.hpp"
#include "agent/uplink/websocket_upgrade.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace homeostat;
    constexpr std::size_t kMax = 1024;
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto answer = read_upgrade(bytes, "dGhlIHNhbXBsZSBub25jZQ==");
    if (answer) bytes.remove_prefix(answer->bytes);
    // The same in one piece and byte by byte: what comes of it must be the same.
    WebSocketReader whole(kMax);
    WebSocketReader slow(kMax);
    const bool good = whole.feed(bytes);
    for (const char& byte : bytes) (void)slow.feed({&byte, 1});
    if (good != slow.fault().empty() || whole.messages != slow.messages ||
        whole.ping != slow.ping || whole.closed() != slow.closed()) {
        std::abort();
    }
    for (const std::string& message : whole.messages) {
        if (message.size() > kMax) std::abort();
    }
    return 0;
}
