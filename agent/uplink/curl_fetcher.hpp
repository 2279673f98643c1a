// CurlFetcher is the real Fetcher: HTTP/1.1 and TLS 1.2+ by libcurl.
//
// Connections are kept between requests, but not for long: one that was idle for 20 s or has lived
// for 10 min is not used again, and after a failure, a 429 or a 5xx none of the old ones is.
// Redirects are followed once or twice, and only where redirect.hpp says so; proxies of the
// environment are not used. One instance per thread; only interrupt() may be called
// from another one.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/fetcher.hpp"

namespace homeostat {

class CurlFetcher final : public Fetcher {
public:
    // `user_agent`: "homeostat/<version>", sent unless a request has its own. `proxy`: a URL, or
    // empty for none.
    explicit CurlFetcher(std::string user_agent, std::string proxy = {});
    ~CurlFetcher() override;
    CurlFetcher(const CurlFetcher&) = delete;
    CurlFetcher& operator=(const CurlFetcher&) = delete;

    Result<HttpResponse> fetch(const HttpRequest& request) override;

    // For good: the request in flight ends within about a second, and no other one begins.
    void interrupt() { interrupted_ = true; }

private:
    struct Parts;

    Result<HttpResponse> fetch_once(const HttpRequest& request);

    std::atomic<bool> interrupted_{false};
    std::unique_ptr<Parts> parts_;
};

}  // namespace homeostat
