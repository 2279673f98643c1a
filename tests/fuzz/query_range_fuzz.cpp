// A Prometheus server's answer to a range query.
#include <cstdint>
#include <string_view>

#include "agent/warm_start.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)homeostat::parse_query_range({reinterpret_cast<const char*>(data), size});
    return 0;
}
