// CurlChannel is the real MessageChannel: WebSocket over a connection that libcurl makes.
//
// Name look-up, TLS, certificates and what is never done (proxies of the environment, redirects)
// are as with every other request, by the same code (curl_transfer.hpp); then curl hands over the
// connection (CURLOPT_CONNECT_ONLY) and only moves bytes. Client frames are masked with numbers
// from the kernel. Pings are answered, the newest only; a server from which nothing came for half a
// minute is asked by one of ours, and one that says nothing for kSilenceMax is given up.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "core/message_channel.hpp"

namespace homeostat {

class CurlChannel final : public MessageChannel {
public:
    static constexpr Duration kPingAfter = seconds(30);
    static constexpr Duration kSilenceMax = seconds(90);
    static constexpr Duration kWriteMax = seconds(30);  // a server that does not read
    // What one step takes in at most; the next goes on.
    static constexpr std::size_t kStepBytesMax = 1UL << 20U;
    static constexpr std::size_t kStepMessagesMax = 64;

    explicit CurlChannel(std::string user_agent);  // "homeostat/<version>"
    ~CurlChannel() override;
    CurlChannel(const CurlChannel&) = delete;
    CurlChannel& operator=(const CurlChannel&) = delete;

    [[nodiscard]] ChannelState state() const override;
    Status open(const HttpRequest& request, Instant now) override;
    void send(std::string_view message) override;
    ChannelNews step(Instant now, Duration patience) override;
    void close() override;
    void drop() override;

    // Until resume() an open() ends within about a second, and no other one begins. From any
    // thread; what is open already stays open.
    void interrupt() { interrupted_ = true; }
    void resume() { interrupted_ = false; }

private:
    struct Parts;

    std::size_t move_bytes(Instant now, ChannelNews& news);
    std::size_t write(ChannelNews& news, Instant now);
    std::size_t read(ChannelNews& news, Instant now);
    void take(std::string_view bytes, ChannelNews& news, Instant now);
    void agree(ChannelNews& news, Instant now);
    void watch_time(ChannelNews& news, Instant now);
    void wait(Duration patience);
    void end(ChannelNews& news, Result<HttpResponse> why);

    std::atomic<bool> interrupted_{false};
    std::unique_ptr<Parts> parts_;
};

}  // namespace homeostat
