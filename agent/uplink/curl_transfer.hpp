// CurlTransfer is one HTTP request of libcurl's, from its options to its answer.
//
// CurlFetcher performs one after another, CurlPool several at a time; what they ask and how they
// judge the answer is the same, and stands here: HTTP/1.1, TLS 1.2+, no redirects, no proxy of the
// environment, limits on time and size (after decompression), no credentials in error texts.
#pragma once

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <string>

#include "core/fetcher.hpp"

namespace homeostat {

// What all requests of one program have in common.
struct CurlClient {
    std::string user_agent;  // "homeostat/<version>", sent unless a request has its own
    std::string proxy;       // a URL, or empty for none
    const std::atomic<bool>* interrupted = nullptr;  // true: every request ends within a second
};

// A chain of redirects is followed so far (redirect.hpp says which).
inline constexpr int kRedirectsMax = 2;

// What curl's callbacks write into.
struct CurlReceiver {
    HttpResponse response;
    std::size_t body_max = 0;
    std::size_t header_bytes = 0;
    bool too_large = false;
    bool headers_too_large = false;
};

// curl_slist, freed when it goes.
class CurlHeaderList {
public:
    CurlHeaderList() = default;
    ~CurlHeaderList();
    CurlHeaderList(const CurlHeaderList&) = delete;
    CurlHeaderList& operator=(const CurlHeaderList&) = delete;

    void add(const std::string& line);
    void clear();
    [[nodiscard]] curl_slist* get() const { return list_; }

private:
    curl_slist* list_ = nullptr;
};

class CurlTransfer {
public:
    explicit CurlTransfer(const CurlClient& client);  // borrowed
    ~CurlTransfer();
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    // Makes handle() ready to be performed. Errc::Invalid for a request that cannot be sent.
    Status begin(const HttpRequest& request);

    // The answer, or why there is none, after curl has performed it with this result.
    Result<HttpResponse> end(CURLcode code);

    [[nodiscard]] CURL* handle() const { return handle_; }
    // The one that began last.
    [[nodiscard]] const HttpRequest& request() const { return request_; }

private:
    void set_target();
    void set_callbacks();

    const CurlClient& client_;
    CURL* handle_ = nullptr;
    HttpRequest request_;
    CurlHeaderList headers_;
    CurlHeaderList connect_to_;
    CurlReceiver receiver_;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace homeostat
