#include "agent/uplink/status_code.hpp"

#include <algorithm>
#include <array>

#include "core/format.hpp"

namespace homeostat {
namespace {

// What the servers that we speak to, and proxies before them, are known to say.
constexpr std::array kUsual{200, 201, 202, 204, 301, 302, 307, 308, 400, 401, 403, 404, 405,
                            408, 409, 410, 413, 415, 422, 429, 500, 501, 502, 503, 504};

}  // namespace

int counted_status(int status) {
    const bool usual = std::find(kUsual.begin(), kUsual.end(), status) != kUsual.end();
    if (usual || status == kNoAnswer) return status;
    return status >= 100 && status < 600 ? status / 100 : kOtherStatus;
}

std::string text_of_status(int counted) {
    if (counted == kOtherStatus) return "other";
    return counted >= 1 && counted <= 5 ? fmt::format("{}xx", counted) : fmt::format("{}", counted);
}

}  // namespace homeostat
