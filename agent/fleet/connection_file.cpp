#include "agent/fleet/connection_file.hpp"

#include <algorithm>
#include <array>

#include "core/format.hpp"
#include "core/hex.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kHeadersMax = 16;
constexpr std::size_t kHeaderBytesMax = 4096;  // of one header
// What the client sets itself, or what would change where or how a message goes.
constexpr std::array<std::string_view, 6> kOwnHeaders{"host",
                                                      "content-type",
                                                      "content-length",
                                                      "content-encoding",
                                                      "transfer-encoding",
                                                      "opamp-instance-uid"};

// RFC 9110, 5.6.2 and 5.5: a token, and text without control characters.
bool is_header(const HttpHeader& header) {
    const auto is_token = [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) !=
                   std::string_view::npos;
    };
    const auto is_text = [](unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; };
    return !header.name.empty() && header.name.size() + header.value.size() <= kHeaderBytesMax &&
           std::all_of(header.name.begin(), header.name.end(), is_token) &&
           std::all_of(header.value.begin(), header.value.end(), is_text);
}

bool is_own(const std::string& name) {
    std::string lower;
    for (const char c : name) {
        lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return std::find(kOwnHeaders.begin(), kOwnHeaders.end(), lower) != kOwnHeaders.end();
}

}  // namespace

std::string to_text(const ConnectionFile& connection) {
    std::string text = fmt::format("hash {}\nowners {}\nendpoint {}\n", to_hex(connection.hash),
                                   to_hex(connection.owners), to_hex(connection.endpoint));
    for (const HttpHeader& header : connection.headers) {
        text += fmt::format("header {} {}\n", to_hex(header.name), to_hex(header.value));
    }
    return text;
}

Result<ConnectionFile> parse_connection(std::string_view text) {
    ConnectionFile out;
    std::string_view line;
    while (next_line(text, line)) {
        const std::string_view key = next_word(line);
        HttpHeader header;
        const bool read = key == "hash"       ? from_hex(next_word(line), out.hash)
                          : key == "owners"   ? from_hex(next_word(line), out.owners)
                          : key == "endpoint" ? from_hex(next_word(line), out.endpoint)
                          : key == "header"   ? from_hex(next_word(line), header.name) &&
                                                  from_hex(next_word(line), header.value)
                                            : false;
        if (!read) return make_error(Errc::Parse, "connection: not understood");
        if (key == "header") out.headers.push_back(std::move(header));
    }
    if (out.endpoint.empty()) return make_error(Errc::Parse, "connection: no endpoint");
    return out;
}

std::string fault_of_headers(const std::vector<HttpHeader>& headers) {
    if (headers.size() > kHeadersMax) return fmt::format("more than {} headers", kHeadersMax);
    for (const HttpHeader& header : headers) {
        if (!is_header(header)) return "a header that HTTP does not allow";
        if (is_own(header.name)) return "header " + header.name + " is the agent's own";
    }
    return {};
}

}  // namespace homeostat
