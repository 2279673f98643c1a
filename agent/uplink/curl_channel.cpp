#include "agent/uplink/curl_channel.hpp"

#include <poll.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "agent/uplink/curl_transfer.hpp"
#include "agent/uplink/websocket.hpp"
#include "agent/uplink/websocket_upgrade.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kReadBytes = 16U << 10U;

template <typename T>
T random_of() {
    T out{};
    if (::getrandom(&out, sizeof out, 0) != static_cast<ssize_t>(sizeof out)) std::abort();
    return out;
}

}  // namespace

struct CurlChannel::Parts {
    CurlClient client;
    std::optional<CurlTransfer> transfer;  // with the connection, while there is one
    ChannelState state = ChannelState::Closed;
    Duration agree_within;
    std::string key;
    std::string head;  // of the answer, as far as it has come
    std::optional<WebSocketReader> reader;
    std::string queued;   // frames that wait behind those of `writing`
    std::string writing;  // TLS wants the very same bytes again: this is not touched until all went
    std::size_t written = 0;
    Instant opened_at;
    Instant heard_at;
    Instant wrote_at;
    bool asked = false;  // a ping of ours is on its way

    void queue(WebSocketFrame kind, std::string_view payload) {
        queued += websocket_frame(kind, payload, random_of<std::uint32_t>());
    }
};

CurlChannel::CurlChannel(std::string user_agent) : parts_(std::make_unique<Parts>()) {
    parts_->client = {
        .user_agent = std::move(user_agent), .proxy = {}, .interrupted = &interrupted_};
}

CurlChannel::~CurlChannel() = default;

ChannelState CurlChannel::state() const {
    return parts_->state;
}

void CurlChannel::drop() {
    parts_->state = ChannelState::Closed;
    parts_->transfer.reset();
    parts_->reader.reset();
    for (std::string* text : {&parts_->head, &parts_->queued, &parts_->writing}) {
        text->clear();
        text->shrink_to_fit();
    }
    parts_->written = 0;
}

Status CurlChannel::open(const HttpRequest& request, Instant now) {
    drop();
    Parts& parts = *parts_;
    HttpRequest plain = request;
    plain.url = http_url(request.url);
    parts.transfer.emplace(parts.client);
    if (const Status begun = parts.transfer->begin(plain); !begun) {
        drop();
        return begun;
    }
    CURL* handle = parts.transfer->handle();
    ::curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
    ::curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                       static_cast<long>(request.connect_timeout.ns / 1'000'000));
    const CURLcode code = ::curl_easy_perform(handle);
    if (code != CURLE_OK) {
        const auto why = parts.transfer->end(code);
        drop();
        return why.error();
    }
    const char* url = nullptr;  // with the name that TLS has verified
    ::curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, &url);
    if (url != nullptr) plain.url = url;
    parts.key = upgrade_key(random_of<std::array<std::uint8_t, 16>>());
    parts.queued = upgrade_text(plain, parts.client.user_agent, parts.key);
    parts.reader.emplace(request.response_max);
    parts.agree_within = request.timeout;
    parts.state = ChannelState::Opening;
    parts.opened_at = parts.heard_at = parts.wrote_at = now;
    parts.asked = false;
    return Ok{};
}

void CurlChannel::send(std::string_view message) {
    const ChannelState state = parts_->state;
    // Frames before the server has agreed could be taken for another request.
    if (state == ChannelState::Open) parts_->queue(WebSocketFrame::Binary, message);
}

void CurlChannel::close() {
    if (parts_->state == ChannelState::Opening) drop();
    if (parts_->state != ChannelState::Open) return;
    parts_->queue(WebSocketFrame::Close, close_payload(kCloseNormal));
    parts_->state = ChannelState::Closing;
}

ChannelNews CurlChannel::step(Instant now, Duration patience) {
    ChannelNews news;
    if (parts_->state == ChannelState::Closed) return news;
    const std::size_t moved = move_bytes(now, news);
    if (moved == 0 && patience.ns > 0 && parts_->state != ChannelState::Closed) {
        wait(patience);
        (void)move_bytes(now, news);
    }
    if (parts_->state != ChannelState::Closed) watch_time(news, now);
    return news;
}

// What came before an end is news as well.
std::size_t CurlChannel::move_bytes(Instant now, ChannelNews& news) {
    std::size_t moved = write(news, now);
    if (parts_->state != ChannelState::Closed) moved += read(news, now);
    if (parts_->state != ChannelState::Closed) moved += write(news, now);  // pongs
    return moved;
}

std::size_t CurlChannel::write(ChannelNews& news, Instant now) {
    Parts& parts = *parts_;
    std::size_t moved = 0;
    for (;;) {
        if (parts.writing.empty()) {
            // Behind what is not sent yet one answer is enough: the newest ping's.
            if (parts.queued.empty() && parts.reader && parts.reader->ping) {
                parts.queue(WebSocketFrame::Pong, *parts.reader->ping);
                parts.reader->ping.reset();
            }
            if (parts.queued.empty()) return moved;
            parts.writing.swap(parts.queued);
            parts.written = 0;
            parts.wrote_at = now;
        }
        std::size_t sent = 0;
        const CURLcode code =
            ::curl_easy_send(parts.transfer->handle(), parts.writing.data() + parts.written,
                             parts.writing.size() - parts.written, &sent);
        if (code == CURLE_AGAIN) return moved;
        if (code != CURLE_OK) {
            end(news, parts.transfer->end(code).error());
            return moved;
        }
        moved += sent;
        parts.written += sent;
        parts.wrote_at = now;
        if (parts.written == parts.writing.size()) parts.writing.clear();
    }
}

std::size_t CurlChannel::read(ChannelNews& news, Instant now) {
    Parts& parts = *parts_;
    std::array<char, kReadBytes> buffer;  // NOLINT: filled by curl
    std::size_t moved = 0;
    while (parts.state != ChannelState::Closed && moved < kStepBytesMax &&
           news.messages.size() < kStepMessagesMax) {
        std::size_t got = 0;
        const CURLcode code =
            ::curl_easy_recv(parts.transfer->handle(), buffer.data(), buffer.size(), &got);
        if (code == CURLE_AGAIN) break;
        if (code != CURLE_OK) {
            end(news, parts.transfer->end(code).error());
            break;
        }
        if (got == 0) {
            end(news, make_error(Errc::Io, "the server has hung up"));
            break;
        }
        moved += got;
        parts.heard_at = now;
        parts.asked = false;
        take({buffer.data(), got}, news, now);
    }
    return moved;
}

void CurlChannel::take(std::string_view bytes, ChannelNews& news, Instant now) {
    Parts& parts = *parts_;
    if (parts.state == ChannelState::Opening) {
        parts.head.append(bytes);
        agree(news, now);
        return;
    }
    WebSocketReader& reader = *parts.reader;
    const bool good = reader.feed(bytes);
    for (std::string& message : reader.messages) news.messages.push_back(std::move(message));
    reader.messages.clear();
    if (good && !reader.closed()) return;
    if (parts.state != ChannelState::Closing) {  // else ours is on its way
        const std::uint16_t code = !good                  ? reader.fault_code()
                                   : *reader.closed() > 0 ? *reader.closed()
                                                          : kCloseNormal;
        parts.queue(WebSocketFrame::Close, close_payload(code));
    }
    (void)write(news, now);  // as far as it goes
    if (parts.state == ChannelState::Closed) return;
    if (!good) {
        const Errc code = reader.fault_code() == kCloseTooBig ? Errc::Limit : Errc::Parse;
        end(news, make_error(code, "the server breaks the protocol: {}", reader.fault()));
    } else {
        end(news, make_error(Errc::NotFound, "the server has closed the connection ({})",
                             *reader.closed()));
    }
}

void CurlChannel::agree(ChannelNews& news, Instant now) {
    Parts& parts = *parts_;
    auto answer = read_upgrade(parts.head, parts.key);
    if (!answer) {
        end(news, answer.error());
        return;
    }
    if (answer->bytes == 0) return;
    if (answer->response.status != 101) {
        end(news, std::move(answer->response));
        return;
    }
    parts.state = ChannelState::Open;
    std::string rest;
    rest.swap(parts.head);
    rest.erase(0, answer->bytes);
    if (!rest.empty()) take(rest, news, now);
}

void CurlChannel::watch_time(ChannelNews& news, Instant now) {
    Parts& parts = *parts_;
    if (parts.state == ChannelState::Opening) {
        if (now - parts.opened_at < parts.agree_within) return;
        end(news, make_error(Errc::Timeout, "no answer to the upgrade within {} s",
                             parts.agree_within.seconds()));
        return;
    }
    if (!parts.writing.empty() && now - parts.wrote_at >= kWriteMax) {
        end(news,
            make_error(Errc::Timeout, "the server has read nothing for {} s", kWriteMax.seconds()));
        return;
    }
    const Duration silence = now - parts.heard_at;
    if (silence >= kSilenceMax) {
        end(news, make_error(Errc::Timeout, "the server has said nothing for {} s",
                             kSilenceMax.seconds()));
    } else if (silence >= kPingAfter && !parts.asked && parts.state == ChannelState::Open) {
        parts.queue(WebSocketFrame::Ping, "");
        parts.asked = true;
        (void)write(news, now);
    }
}

void CurlChannel::wait(Duration patience) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    ::curl_easy_getinfo(parts_->transfer->handle(), CURLINFO_ACTIVESOCKET, &socket);
    if (socket == CURL_SOCKET_BAD) return;
    const bool writes = !parts_->writing.empty();
    pollfd file{.fd = socket,
                .events = static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN),
                .revents = 0};
    (void)::poll(&file, 1, static_cast<int>(patience.ns / 1'000'000));
}

void CurlChannel::end(ChannelNews& news, Result<HttpResponse> why) {
    drop();
    news.end = std::move(why);
}

}  // namespace homeostat
