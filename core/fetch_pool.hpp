// FetchPool speaks HTTP with several servers at a time: one that is slow does not delay the others.
// The real one is agent/uplink/curl_pool.
#pragma once

#include <cstddef>

#include "core/fetcher.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

class FetchPool {
public:
    virtual ~FetchPool() = default;

    // Begins a request whose answer comes by wait() under this ticket, which is the caller's own
    // and not in flight now. False: as many are in flight as the pool takes; ask again later.
    virtual bool start(std::size_t ticket, const HttpRequest& request) = 0;

    // Waits until an answer comes, at most for `patience`, and hands over each that is there, as
    // Fetcher::fetch() would return it. Returns at once when nothing is in flight. `done` may
    // start() others.
    virtual void wait(Duration patience,
                      FunctionRef<void(std::size_t ticket, Result<HttpResponse> answer)> done) = 0;

    [[nodiscard]] virtual std::size_t in_flight() const = 0;
};

}  // namespace homeostat
