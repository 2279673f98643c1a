#include "agent/uplink/curl_fetcher.hpp"

#include "agent/uplink/curl_transfer.hpp"
#include "agent/uplink/redirect.hpp"

namespace homeostat {

struct CurlFetcher::Parts {
    CurlClient client;
    std::unique_ptr<CurlTransfer> transfer;  // made when it is needed: c-ares alone takes 74 kB
};

CurlFetcher::CurlFetcher(std::string user_agent, std::string proxy)
    : parts_(std::make_unique<Parts>()) {
    parts_->client = {.user_agent = std::move(user_agent),
                      .proxy = std::move(proxy),
                      .interrupted = &interrupted_};
}

CurlFetcher::~CurlFetcher() = default;

Result<HttpResponse> CurlFetcher::fetch(const HttpRequest& request) {
    auto answer = fetch_once(request);
    HttpRequest next = request;
    for (int i = 0; answer && i < kRedirectsMax; ++i) {
        auto target = redirect_target(answer->status, next.url, answer->location);
        if (!target) return answer;
        next.url = std::move(*target);
        answer = fetch_once(next);
    }
    return answer;
}

Result<HttpResponse> CurlFetcher::fetch_once(const HttpRequest& request) {
    constexpr int kTooMany = 429;
    constexpr int kServerErrors = 500;
    if (!parts_->transfer) parts_->transfer = std::make_unique<CurlTransfer>(parts_->client);
    CurlTransfer& transfer = *parts_->transfer;
    if (const Status begun = transfer.begin(request); !begun) return begun.error();
    auto answer = transfer.end(::curl_easy_perform(transfer.handle()));
    // A new handle has no connections: the next request may meet a healthier server.
    if (!answer || answer->status == kTooMany || answer->status >= kServerErrors) {
        parts_->transfer.reset();
    }
    return answer;
}

}  // namespace homeostat
