#include "agent/uplink/curl_pool.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "agent/uplink/curl_transfer.hpp"
#include "agent/uplink/redirect.hpp"

namespace homeostat {

// A request on its way: waiting for curl, or with an answer that nobody has taken yet.
struct CurlPool::Flight {
    std::unique_ptr<CurlTransfer> transfer;  // made when it is first needed, then kept
    std::size_t ticket = 0;
    int redirects = 0;
    bool in_use = false;
    bool in_curl = false;
    std::optional<Result<HttpResponse>> answer;
};

struct CurlPool::Parts {
    CurlClient client;
    CURLM* multi = nullptr;  // made with the first request; libcurl takes null as "nothing to do"
    std::array<Flight, kInFlightMax> flights;
};

CurlPool::CurlPool(std::string user_agent, std::string proxy) : parts_(std::make_unique<Parts>()) {
    parts_->client = {.user_agent = std::move(user_agent),
                      .proxy = std::move(proxy),
                      .interrupted = &interrupted_};
}

CurlPool::~CurlPool() {
    for (Flight& flight : parts_->flights) {
        if (flight.in_curl) ::curl_multi_remove_handle(parts_->multi, flight.transfer->handle());
        flight.transfer.reset();
    }
    if (parts_->multi != nullptr) ::curl_multi_cleanup(parts_->multi);
}

std::size_t CurlPool::in_flight() const {
    return static_cast<std::size_t>(
        std::count_if(parts_->flights.begin(), parts_->flights.end(),
                      [](const Flight& flight) { return flight.in_use; }));
}

bool CurlPool::start(std::size_t ticket, const HttpRequest& request) {
    const auto flight = std::find_if(parts_->flights.begin(), parts_->flights.end(),
                                     [](const Flight& each) { return !each.in_use; });
    if (flight == parts_->flights.end()) return false;
    // The first transfer sets up libcurl itself.
    if (!flight->transfer) flight->transfer = std::make_unique<CurlTransfer>(parts_->client);
    if (parts_->multi == nullptr) parts_->multi = ::curl_multi_init();
    flight->ticket = ticket;
    flight->redirects = 0;
    flight->in_use = true;
    send(*flight, request);
    return true;
}

void CurlPool::send(Flight& flight, const HttpRequest& request) {
    const Status begun = flight.transfer->begin(request);
    flight.in_curl =
        begun && ::curl_multi_add_handle(parts_->multi, flight.transfer->handle()) == CURLM_OK;
    if (flight.in_curl) return;
    flight.answer =
        begun ? make_error(Errc::Failed, "libcurl takes no more requests") : begun.error();
}

// An answer that asks us to go elsewhere, where that is safe, is not the last one.
void CurlPool::land(Flight& flight, Result<HttpResponse> answer) {
    ::curl_multi_remove_handle(parts_->multi, flight.transfer->handle());
    flight.in_curl = false;
    if (answer && flight.redirects < kRedirectsMax) {
        HttpRequest next = flight.transfer->request();
        if (auto target = redirect_target(answer->status, next.url, answer->location)) {
            ++flight.redirects;
            next.url = std::move(*target);
            send(flight, next);
            return;
        }
    }
    flight.answer = std::move(answer);
}

void CurlPool::receive() {
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(parts_->multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        for (Flight& flight : parts_->flights) {
            if (!flight.in_curl || flight.transfer->handle() != message->easy_handle) continue;
            land(flight, flight.transfer->end(code));
            break;  // the message is gone with its handle
        }
    }
}

void CurlPool::wait(Duration patience,
                    FunctionRef<void(std::size_t ticket, Result<HttpResponse> answer)> done) {
    const auto any_answer = [this] {
        return std::any_of(parts_->flights.begin(), parts_->flights.end(),
                           [](const Flight& flight) { return flight.answer.has_value(); });
    };
    int running = 0;
    ::curl_multi_perform(parts_->multi, &running);
    receive();
    if (!any_answer() && in_flight() > 0) {
        const auto ms = static_cast<int>(std::max<std::int64_t>(patience.ns / 1'000'000, 1));
        ::curl_multi_poll(parts_->multi, nullptr, 0, ms, nullptr);
        ::curl_multi_perform(parts_->multi, &running);
        receive();
    }
    for (Flight& flight : parts_->flights) {
        if (!flight.answer) continue;
        Result<HttpResponse> answer = std::move(*flight.answer);
        flight.answer.reset();
        flight.in_use = false;  // before the call: `done` may start the next one
        done(flight.ticket, std::move(answer));
    }
}

}  // namespace homeostat
