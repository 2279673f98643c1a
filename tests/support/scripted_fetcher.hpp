// ScriptedFetcher answers from a function and remembers what it was asked: no network.
#pragma once

#include <functional>
#include <vector>

#include "core/fetcher.hpp"

namespace homeostat::test {

class ScriptedFetcher final : public Fetcher {
public:
    using Answer = std::function<Result<HttpResponse>(const HttpRequest&)>;

    explicit ScriptedFetcher(Answer answer = [](const HttpRequest&) -> Result<HttpResponse> {
        return make_error(Errc::Io, "connection refused");
    })
        : answer_(std::move(answer)) {}

    void set_answer(Answer answer) { answer_ = std::move(answer); }

    Result<HttpResponse> fetch(const HttpRequest& request) override {
        asked.push_back(request);
        return answer_(request);
    }

    std::vector<HttpRequest> asked;

private:
    Answer answer_;
};

}  // namespace homeostat::test
