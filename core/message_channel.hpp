// MessageChannel carries whole messages both ways over one connection that stays: what a server
// pushes is here without being asked for. The real one speaks WebSocket
// (agent/uplink/curl_channel.hpp).
//
// It is moved on by step(), on the thread of its user, and has none of its own. Only open() and
// step() touch the network; time comes in with each. Not for several threads at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fetcher.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

enum class ChannelState : std::uint8_t {
    Closed,
    Opening,  // connected, and the server has not agreed yet
    Open,
    Closing,  // close() was called: what the server says now is read, and its goodbye awaited
};

struct ChannelNews {
    std::vector<std::string> messages;  // in order, each whole
    // It is closed now: by an answer that is no agreement, or by this error (Errc::Timeout,
    // Errc::Limit, Errc::Parse for a server that breaks the protocol, Errc::Io). Errc::NotFound:
    // the server said goodbye. Error texts never hold credentials.
    std::optional<Result<HttpResponse>> end;
};

class MessageChannel {
public:
    virtual ~MessageChannel() = default;

    [[nodiscard]] virtual ChannelState state() const = 0;

    // Connects, which waits for request.connect_timeout at most, and asks for an upgrade; drops
    // what was open. `request` says the URL (ws:// or wss://), headers and TLS; the server must
    // agree within request.timeout. Messages larger than request.response_max end the connection.
    virtual Status open(const HttpRequest& request, Instant now) = 0;

    // Sent by the steps that follow. Ignored unless Open.
    virtual void send(std::string_view message) = 0;

    // Moves what can be moved without waiting; when that is nothing waits once, `patience` at most.
    // Bounded in time and memory whatever the server sends.
    virtual ChannelNews step(Instant now, Duration patience) = 0;

    // After what was given to send() the goodbye is sent; the steps that follow await the server's.
    virtual void close() = 0;

    // Hangs up at once. What was not sent is lost.
    virtual void drop() = 0;
};

}  // namespace homeostat
