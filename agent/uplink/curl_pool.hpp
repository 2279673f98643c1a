// CurlPool is the real FetchPool: libcurl's multi interface on one thread.
//
// At most kInFlightMax requests are on their way at a time, each with its own limits of time and
// size; those bound the memory. Redirects and interrupt() as with CurlFetcher.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/fetch_pool.hpp"

namespace homeostat {

class CurlPool final : public FetchPool {
public:
    // Half of all targets that a config may name: so many must hang before others wait for them,
    // and so many answers may be in memory at a time.
    static constexpr std::size_t kInFlightMax = 8;

    // As CurlFetcher's.
    explicit CurlPool(std::string user_agent, std::string proxy = {});
    ~CurlPool() override;
    CurlPool(const CurlPool&) = delete;
    CurlPool& operator=(const CurlPool&) = delete;

    bool start(std::size_t ticket, const HttpRequest& request) override;
    void wait(Duration patience,
              FunctionRef<void(std::size_t ticket, Result<HttpResponse> answer)> done) override;
    [[nodiscard]] std::size_t in_flight() const override;

    // For good: what is in flight ends within about a second, and nothing new is sent. Any thread.
    void interrupt() { interrupted_ = true; }

private:
    struct Flight;
    struct Parts;

    void send(Flight& flight, const HttpRequest& request);
    void land(Flight& flight, Result<HttpResponse> answer);
    void receive();

    std::atomic<bool> interrupted_{false};
    std::unique_ptr<Parts> parts_;
};

}  // namespace homeostat
