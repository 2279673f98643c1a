// Fetcher speaks HTTP: exporters in, incidents out. The real one is agent/uplink/curl_fetcher.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpTls {
    std::string ca_file;           // empty: the system's certificates
    std::string certificate_file;  // client certificate, with key_file; both or none
    std::string key_file;
    std::string server_name;  // empty: the host of the URL
    bool insecure_skip_verify = false;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<HttpHeader> headers;
    std::string body;
    HttpTls tls;
    Duration connect_timeout = seconds(5);
    Duration timeout = seconds(10);         // the whole request
    std::size_t response_max = 4UL << 20U;  // bytes, after decompression; more is Errc::Limit
};

struct HttpResponse {
    int status = 0;
    std::string content_type;  // as sent, with parameters
    std::string retry_after;   // as sent, or empty
    std::string location;      // of a redirect, as sent, or empty
    std::string etag;          // as sent, or empty
    std::string body;
};

class Fetcher {
public:
    virtual ~Fetcher() = default;

    // One request; of redirects only 307 and 308 to the same origin are followed. Any HTTP status
    // is a response; an error means that there is no answer: Errc::Timeout, Errc::Limit (too
    // large), Errc::Io (refused, reset, TLS), Errc::Invalid (unusable request). Error texts never
    // hold credentials.
    virtual Result<HttpResponse> fetch(const HttpRequest& request) = 0;
};

}  // namespace homeostat
