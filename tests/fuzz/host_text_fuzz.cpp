// Lines that other programs write and the collectors read: package logs, lists of units, sockets.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/package_log.hpp"
#include "collectors/ports.hpp"
#include "collectors/unit_list.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parse_package_line(text);
    (void)parse_socket_line(text);
    (void)parse_unit_list(text, [](const UnitLine&) {});
    return 0;
}
