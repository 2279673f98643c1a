// The head of a request to /metrics, whole and cut at every place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "agent/metrics_address.hpp"
#include "agent/metrics_request.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    MetricsRequest request;
    const MetricsHead whole = read_metrics_request(text, request);
    if (whole == MetricsHead::Whole && request.path.empty()) std::abort();
    if (size > 0 && whole == MetricsHead::Unfinished) {
        // What is unfinished cannot have been finished earlier.
        if (read_metrics_request(text.substr(0, size / 2), request) == MetricsHead::Whole) {
            std::abort();
        }
    }
    const auto address = parse_metrics_address(text);
    if (address && address->socket.empty() && address->host.empty()) std::abort();
    return 0;
}
