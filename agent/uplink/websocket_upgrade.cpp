#include "agent/uplink/websocket_upgrade.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr int kSwitching = 101;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// "keep-alive, Upgrade"
bool has_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (same_word(trimmed(list.substr(0, comma)), token)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::array<unsigned char, 64> out{};
    const int length = ::EVP_EncodeBlock(out.data(), bytes, static_cast<int>(size));
    return {out.begin(), out.begin() + length};
}

// What of the answer counts.
struct Agreement {
    bool upgrade = false;
    bool connection = false;
    int accepts = 0;       // headers that hold the right word
    bool strange = false;  // another word, twice one, or an extension that nobody asked for
};

void note_header(std::string_view name, std::string_view value, const std::string& accept,
                 Agreement& agreement, HttpResponse& response) {
    if (same_word(name, "upgrade")) agreement.upgrade = same_word(value, "websocket");
    if (same_word(name, "connection")) {
        agreement.connection = agreement.connection || has_token(value, "upgrade");
    }
    if (same_word(name, "sec-websocket-accept")) {
        agreement.strange = agreement.strange || value != accept || agreement.accepts > 0;
        ++agreement.accepts;
    }
    if (same_word(name, "sec-websocket-extensions") || same_word(name, "sec-websocket-protocol")) {
        agreement.strange = true;
    }
    if (same_word(name, "retry-after")) response.retry_after = value;
}

// "HTTP/1.1 101 Switching Protocols"
Result<int> read_status(std::string_view line) {
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    constexpr std::size_t kDigits = 3;
    const std::string_view digits =
        line.substr(std::min(kVersion.size(), line.size())).substr(0, kDigits);
    const auto status = parse_u64(digits);
    const std::string_view rest = line.substr(std::min(kVersion.size() + kDigits, line.size()));
    if (!line.starts_with(kVersion) || digits.size() != kDigits || !status || *status < 100 ||
        (!rest.empty() && rest.front() != ' ')) {
        return make_error(Errc::Parse, "the answer to the upgrade is not HTTP/1.1");
    }
    return static_cast<int>(*status);
}

}  // namespace

std::string http_url(std::string_view url) {
    for (const std::string_view scheme : {"ws://", "wss://"}) {
        if (url.starts_with(scheme)) return "http" + std::string(url.substr(2));
    }
    return std::string(url);
}

std::string upgrade_key(const std::array<std::uint8_t, 16>& random) {
    return base64(random.data(), random.size());
}

std::string upgrade_accept(std::string_view key) {
    std::string text(key);
    text += kGuid;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr) != 1) {
        return {};  // and nothing equals that: read_upgrade() looks
    }
    return base64(digest.data(), size);
}

std::string upgrade_text(const HttpRequest& request, std::string_view user_agent,
                         std::string_view key) {
    const std::string_view url = request.url;
    const std::size_t scheme = url.find("://");
    const std::size_t from = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t to = std::min(url.find_first_of("/?#", from), url.size());
    std::string_view target = url.substr(to);
    target = target.substr(0, target.find('#'));
    std::string out = "GET ";
    if (!target.starts_with('/')) out += '/';
    out.append(target).append(" HTTP/1.1\r\nHost: ").append(url.substr(from, to - from));
    out.append("\r\nUser-Agent: ").append(user_agent);
    out.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13");
    out.append("\r\nSec-WebSocket-Key: ").append(key).append("\r\n");
    for (const HttpHeader& header : request.headers) {
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    return out.append("\r\n");
}

Result<UpgradeAnswer> read_upgrade(std::string_view bytes, std::string_view key) {
    UpgradeAnswer answer;
    const std::size_t end = bytes.substr(0, kUpgradeBytesMax).find(kHeadEnd);
    if (end == std::string_view::npos) {
        if (bytes.size() < kUpgradeBytesMax) return answer;
        return make_error(Errc::Limit, "the answer to the upgrade is longer than {} bytes",
                          kUpgradeBytesMax);
    }
    answer.bytes = end + kHeadEnd.size();
    std::string_view head = bytes.substr(0, end + 2);
    const std::string accept = upgrade_accept(key);
    Agreement agreement;
    for (std::size_t line = 0; !head.empty(); ++line) {
        const std::size_t size = head.find("\r\n");
        const std::string_view text = head.substr(0, size);
        head.remove_prefix(size + 2);
        if (line == 0) {
            const auto status = read_status(text);
            if (!status) return status.error();
            answer.response.status = *status;
            continue;
        }
        const std::size_t colon = text.find(':');
        const bool broken = std::any_of(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
        });
        if (line > kUpgradeLinesMax || broken || colon == std::string_view::npos || colon == 0 ||
            text.substr(0, colon).find_first_of(" \t") != std::string_view::npos) {
            return make_error(Errc::Parse, "the answer to the upgrade has a bad header line");
        }
        note_header(text.substr(0, colon), trimmed(text.substr(colon + 1)), accept, agreement,
                    answer.response);
    }
    const int status = answer.response.status;
    if (status >= 300) return answer;
    if (status != kSwitching) {
        return make_error(Errc::Parse,
                          "the server answers {} where 101 was asked for: it speaks no WebSocket "
                          "here",
                          status);
    }
    if (!agreement.upgrade || !agreement.connection || agreement.accepts != 1 ||
        agreement.strange || accept.empty()) {
        return make_error(Errc::Parse, "the server's answer is no upgrade to WebSocket (RFC 6455)");
    }
    return answer;
}

}  // namespace homeostat
