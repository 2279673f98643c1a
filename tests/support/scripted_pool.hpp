// ScriptedPool answers from a function, in the order asked, and can keep a server silent: no
// network.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "core/fetch_pool.hpp"

namespace homeostat::test {

class ScriptedPool final : public FetchPool {
public:
    // Errc::NotAvailable: this server says nothing yet; it is asked again at the next wait().
    using Answer = std::function<Result<HttpResponse>(const HttpRequest&)>;

    explicit ScriptedPool(Answer answer, std::size_t in_flight_max = 8)
        : answer_(std::move(answer)), in_flight_max_(in_flight_max) {}

    bool start(std::size_t ticket, const HttpRequest& request) override {
        if (waiting_.size() == in_flight_max_) return false;
        asked.push_back(request);
        waiting_.emplace_back(ticket, request);
        return true;
    }

    void wait(Duration, FunctionRef<void(std::size_t, Result<HttpResponse>)> done) override {
        const auto waiting = std::exchange(waiting_, {});
        for (const auto& [ticket, request] : waiting) {
            auto answer = answer_(request);
            if (!answer && answer.error().code == Errc::NotAvailable) {
                waiting_.emplace_back(ticket, request);
            } else {
                done(ticket, std::move(answer));
            }
        }
    }

    [[nodiscard]] std::size_t in_flight() const override { return waiting_.size(); }

    std::vector<HttpRequest> asked;

private:
    Answer answer_;
    std::size_t in_flight_max_;
    std::vector<std::pair<std::size_t, HttpRequest>> waiting_;
};

}  // namespace homeostat::test
