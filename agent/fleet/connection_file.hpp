// ConnectionFile is what the agent keeps of an offer of an OpAMP server that it has taken: where to
// send, with which headers, and what the owner said when it was taken.
//
//     hash HEX
//     owners HEX          the endpoint in fleet.yml by then; - : none
//     endpoint HEX
//     header HEX HEX      a name and its value, each on a line
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/fetcher.hpp"
#include "core/result.hpp"

namespace homeostat {

inline constexpr std::size_t kConnectionBytesMax = 256UL * 1024;

struct ConnectionFile {
    std::string hash;
    std::string owners;
    std::string endpoint;
    std::vector<HttpHeader> headers;
};

std::string to_text(const ConnectionFile& connection);
// Errc::Parse for anything else.
Result<ConnectionFile> parse_connection(std::string_view text);

// What of the headers that a server offers cannot be sent; empty: nothing. 16 at most, names and
// values as HTTP allows them (RFC 9110, 5.5 and 5.6.2), none of those that the agent sets itself.
std::string fault_of_headers(const std::vector<HttpHeader>& headers);

}  // namespace homeostat
