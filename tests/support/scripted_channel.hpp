// ScriptedChannel is a server that pushes messages, without a network: it agrees on the first step,
// unless told to refuse, and remembers what it was sent.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/message_channel.hpp"

namespace homeostat::test {

class ScriptedChannel final : public MessageChannel {
public:
    [[nodiscard]] ChannelState state() const override { return state_; }

    Status open(const HttpRequest& request, Instant) override {
        asked.push_back(request);
        if (absent) return make_error(Errc::Io, "connection refused");
        state_ = ChannelState::Opening;
        return Ok{};
    }

    void send(std::string_view message) override {
        if (state_ == ChannelState::Open) sent.emplace_back(message);
    }

    ChannelNews step(Instant, Duration patience) override {
        waited = waited + patience;
        ChannelNews news;
        if (state_ == ChannelState::Closed) return news;
        if (state_ == ChannelState::Opening) {
            if (refusal) return end_with(std::move(news), *refusal);
            state_ = ChannelState::Open;
        }
        news.messages = std::exchange(pushed, {});
        if (broken) return end_with(std::move(news), *std::exchange(broken, std::nullopt));
        if (state_ == ChannelState::Closing && says_goodbye) {
            return end_with(std::move(news), make_error(Errc::NotFound, "closed"));
        }
        return news;
    }

    void close() override {
        if (state_ == ChannelState::Open) ++goodbyes;
        state_ = state_ == ChannelState::Open ? ChannelState::Closing : ChannelState::Closed;
    }

    void drop() override { state_ = ChannelState::Closed; }

    bool absent = false;                          // nobody listens
    std::optional<Result<HttpResponse>> refusal;  // of the upgrade
    std::optional<Error> broken;                  // the next step ends with it
    bool says_goodbye = true;
    std::vector<std::string> pushed;  // what the next step brings
    std::vector<HttpRequest> asked;
    std::vector<std::string> sent;
    int goodbyes = 0;
    Duration waited;

private:
    ChannelNews end_with(ChannelNews news, Result<HttpResponse> why) {
        state_ = ChannelState::Closed;
        news.end = std::move(why);
        return news;
    }

    ChannelState state_ = ChannelState::Closed;
};

}  // namespace homeostat::test
