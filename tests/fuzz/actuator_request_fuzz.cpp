// What comes over the socket to the actuator and back, and what it reads of its own and the host's
// files. A request that is accepted must be one that encode() makes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "actions/actuator_protocol.hpp"
#include "actions/ledger.hpp"
#include "actions/precondition.hpp"
#include "actions/unit_properties.hpp"
#include "actions/watcher_uid.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto request = decode_request({data, size})) {
        const RequestBytes bytes = encode(*request);
        if (text != std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {
            std::abort();
        }
    }
    (void)decode_report(text, 7);
    (void)Ledger::parse(text);
    (void)is_mount_point(text, "/srv/volume");
    (void)unit_property(text, "ActiveState");
    (void)find_uid("homeostat", text);
    return 0;
}
