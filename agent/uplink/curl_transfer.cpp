#include "agent/uplink/curl_transfer.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "agent/uplink/utf8.hpp"

namespace homeostat {
namespace {

constexpr long kIdleSecondsMax = 20;   // servers close at 30 s, and clients that poll race them
constexpr long kLifeSecondsMax = 600;  // else one backend of a load balancer keeps every agent
constexpr long kConnectionsMax = 8;
constexpr std::size_t kHeaderBytesMax = 64U << 10U;  // of all header lines of one answer
constexpr std::size_t kShownBytesMax = 200;

// Where distributions keep their certificates: our static libcurl has no path built in.
constexpr std::array<const char*, 5> kCertificateFiles{
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",  // SUSE
    "/etc/ssl/cert.pem"};

const char* system_certificates() {
    for (const char* path : kCertificateFiles) {
        if (::access(path, R_OK) == 0) return path;
    }
    return nullptr;
}

void initialise_once() {
    static std::once_flag once;  // libcurl's own state is global, and set up once for a process
    std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* context) {
    CurlReceiver& receiver = *static_cast<CurlReceiver*>(context);
    const std::size_t total = size * count;
    // Bytes come here decompressed: this is where a bomb goes off, or does not.
    if (receiver.response.body.size() + total > receiver.body_max) {
        receiver.too_large = true;
        return 0;  // less than was given: curl stops here
    }
    receiver.response.body.append(bytes, total);
    return total;
}

std::string_view trim_value(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* context) {
    CurlReceiver& receiver = *static_cast<CurlReceiver*>(context);
    const std::string_view line(bytes, size * count);
    receiver.header_bytes += line.size();
    if (receiver.header_bytes > kHeaderBytesMax) {
        receiver.headers_too_large = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {  // a new answer, after "100 Continue" or a proxy's own
        receiver.response.content_type.clear();
        receiver.response.retry_after.clear();
        receiver.response.location.clear();
        receiver.response.etag.clear();
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return line.size();
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim_value(line.substr(colon + 1));
    if (equals_ignoring_case(name, "content-type")) receiver.response.content_type = value;
    if (equals_ignoring_case(name, "retry-after")) receiver.response.retry_after = value;
    if (equals_ignoring_case(name, "location")) receiver.response.location = value;
    if (equals_ignoring_case(name, "etag")) receiver.response.etag = value;
    return line.size();
}

// Curl asks about once a second whether to go on, name look-ups included.
int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return *static_cast<const std::atomic<bool>*>(context) ? 1 : 0;
}

// Scheme, host and port: a URL's path and query may be secret (webhooks), and so may its user.
std::string origin_of(const std::string& url) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) return "the given URL";
    const auto begin = scheme + 3;
    const auto end = url.find_first_of("/?#", begin);
    std::string authority = url.substr(begin, end == std::string::npos ? end : end - begin);
    const auto at = authority.rfind('@');
    if (at != std::string::npos) authority.erase(0, at + 1);
    return to_printable(url.substr(0, begin) + authority, kShownBytesMax);
}

long whole_milliseconds(Duration duration) {
    return static_cast<long>(std::max<std::int64_t>(duration.ns / 1'000'000, 1));
}

Errc errc_of_curl(CURLcode code) {
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT: return Errc::Timeout;
        case CURLE_URL_MALFORMAT:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE: return Errc::Invalid;
        case CURLE_FILESIZE_EXCEEDED: return Errc::Limit;
        default: return Errc::Io;
    }
}

void set_limits(CURL* curl, const HttpRequest& request, const std::string& proxy) {
    ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    ::curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    ::curl_easy_setopt(curl, CURLOPT_PROXY, proxy.c_str());  // empty: none, not the environment's
    ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                       whole_milliseconds(request.connect_timeout));
    ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, whole_milliseconds(request.timeout));
    ::curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
    ::curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, kLifeSecondsMax);
    ::curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, kConnectionsMax);
    ::curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    ::curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE,
                       static_cast<curl_off_t>(request.response_max));
}

void set_tls(CURL* curl, const HttpTls& tls) {
    ::curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
    ::curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
    const char* authorities = tls.ca_file.empty() ? system_certificates() : tls.ca_file.c_str();
    if (authorities != nullptr) ::curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    if (!tls.certificate_file.empty()) {
        ::curl_easy_setopt(curl, CURLOPT_SSLCERT, tls.certificate_file.c_str());
        ::curl_easy_setopt(curl, CURLOPT_SSLKEY, tls.key_file.c_str());
    }
}

void set_body(CURL* curl, const HttpRequest& request) {
    if (request.method == "GET" && request.body.empty()) return;
    if (request.method == "HEAD") {
        ::curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    ::curl_easy_setopt(curl, CURLOPT_POST, 1L);
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// The part of the URL that names the server by another name for TLS: connect to the URL's host,
// but ask for and verify `server_name`. Done by naming it in the URL and connecting elsewhere.
struct Rename {
    std::string url;
    std::string connect_to;
};

Rename rename_host(const HttpRequest& request) {
    const auto begin = request.url.find("://");
    if (request.tls.server_name.empty() || begin == std::string::npos) return {request.url, ""};
    const auto from = begin + 3;
    const auto end = std::min(request.url.find_first_of("/?#", from), request.url.size());
    const std::string authority = request.url.substr(from, end - from);
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    const bool has_port =
        colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
    const std::string host = has_port ? authority.substr(0, colon) : authority;
    const std::string port = has_port ? authority.substr(colon) : "";
    return {request.url.substr(0, from) + request.tls.server_name + port + request.url.substr(end),
            "::" + host + ":" + (has_port ? port.substr(1) : "")};
}

HttpHeader const* find_header(const HttpRequest& request, std::string_view name) {
    for (const HttpHeader& header : request.headers) {
        if (equals_ignoring_case(header.name, name)) return &header;
    }
    return nullptr;
}

Error stopping(const HttpRequest& request) {
    return make_error(Errc::Io, "{}: given up, this program is stopping", origin_of(request.url));
}

bool is_safe(const HttpHeader& header) {
    const auto has_break = [](const std::string& text) {
        return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
    };
    return !header.name.empty() && !has_break(header.name) && !has_break(header.value) &&
           header.name.find(':') == std::string::npos;
}

}  // namespace

CurlHeaderList::~CurlHeaderList() {
    ::curl_slist_free_all(list_);
}

void CurlHeaderList::add(const std::string& line) {
    curl_slist* longer = ::curl_slist_append(list_, line.c_str());
    if (longer != nullptr) list_ = longer;
}

void CurlHeaderList::clear() {
    ::curl_slist_free_all(list_);
    list_ = nullptr;
}

CurlTransfer::CurlTransfer(const CurlClient& client) : client_(client) {
    initialise_once();
    handle_ = ::curl_easy_init();
}

CurlTransfer::~CurlTransfer() {
    if (handle_ != nullptr) ::curl_easy_cleanup(handle_);
}

Status CurlTransfer::begin(const HttpRequest& request) {
    if (*client_.interrupted) return stopping(request);
    if (handle_ == nullptr) return make_error(Errc::Failed, "libcurl could not be initialised");
    if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
        return make_error(Errc::Invalid, "expected a URL that begins with http:// or https://");
    }
    request_ = request;
    headers_.clear();
    connect_to_.clear();
    for (const HttpHeader& header : request_.headers) {
        if (!is_safe(header)) {
            return make_error(Errc::Invalid, "a request header has an empty name or a line break");
        }
        // curl leaves out "Name:" without a value; "Name;" is its way to say an empty one.
        headers_.add(header.name + (header.value.empty() ? ";" : ": " + header.value));
    }
    if (find_header(request_, "expect") == nullptr) headers_.add("Expect:");  // no 100-continue
    receiver_ = {};
    receiver_.body_max = request_.response_max;
    error_text_.fill('\0');

    ::curl_easy_reset(handle_);  // keeps the connections
    set_limits(handle_, request_, client_.proxy);
    set_tls(handle_, request_.tls);
    set_body(handle_, request_);
    set_target();
    set_callbacks();
    return Ok{};
}

void CurlTransfer::set_target() {
    const Rename target = rename_host(request_);
    ::curl_easy_setopt(handle_, CURLOPT_URL, target.url.c_str());
    if (!target.connect_to.empty()) {
        connect_to_.add(target.connect_to);
        ::curl_easy_setopt(handle_, CURLOPT_CONNECT_TO, connect_to_.get());
    }
    ::curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_.get());
    ::curl_easy_setopt(handle_, CURLOPT_USERAGENT, client_.user_agent.c_str());
}

void CurlTransfer::set_callbacks() {
    ::curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, on_body);
    ::curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &receiver_);
    ::curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, on_header);
    ::curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &receiver_);
    ::curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, error_text_.data());
    ::curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
    ::curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, on_progress);
    ::curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, client_.interrupted);
    // A name server that says nothing must not hold us beyond the time-out either: the look-up is
    // left to end by itself.
    ::curl_easy_setopt(handle_, CURLOPT_QUICK_EXIT, 1L);
}

Result<HttpResponse> CurlTransfer::end(CURLcode code) {
    if (receiver_.headers_too_large) {
        return make_error(Errc::Limit, "{}: the headers of the answer are larger than {} bytes",
                          origin_of(request_.url), kHeaderBytesMax);
    }
    if (receiver_.too_large || code == CURLE_FILESIZE_EXCEEDED) {
        return make_error(Errc::Limit, "{}: the answer is larger than {} bytes",
                          origin_of(request_.url), request_.response_max);
    }
    if (code == CURLE_ABORTED_BY_CALLBACK) return stopping(request_);
    if (code == CURLE_OUT_OF_MEMORY) {  // curl's word for a header line beyond its own limit, too
        return make_error(Errc::Io, "{}: a header line of the answer is too long, or no memory",
                          origin_of(request_.url));
    }
    if (code != CURLE_OK) {
        // curl's longer text names host and reason; for a bad URL it quotes it, so not there.
        const bool short_text = code == CURLE_URL_MALFORMAT || error_text_[0] == '\0';
        return make_error(errc_of_curl(code), "{}: {}", origin_of(request_.url),
                          to_printable(short_text ? ::curl_easy_strerror(code) : error_text_.data(),
                                       kShownBytesMax));
    }
    long status = 0;
    ::curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    receiver_.response.status = static_cast<int>(status);
    return std::move(receiver_.response);
}

}  // namespace homeostat
