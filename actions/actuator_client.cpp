#include "actions/actuator_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "actions/descriptor.hpp"

namespace homeostat {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::int64_t monotonic_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// One conversation with a deadline: it knows whom it talks to, for the messages.
class Conversation {
public:
    Conversation(const std::string& path, Duration timeout, int interrupt, Waiting waiting)
        : path_(path),
          begin_ns_(monotonic_ns()),
          deadline_ns_(begin_ns_ + timeout.ns),
          interrupt_(interrupt),
          waiting_(std::move(waiting)) {}

    Status connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path_.empty() || path_.size() >= sizeof address.sun_path) {
            return make_error(Errc::Limit, "actuator socket '{}': 1 to {} bytes are possible",
                              path_, sizeof address.sun_path - 1);
        }
        std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
        socket_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_) return make_errno_error(Errc::Io, errno, "socket");
        while (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                         sizeof address) != 0) {
            if (errno == EAGAIN) {  // its queue is full: others are waiting for it too
                if (const auto waited = wait_a_moment(); !waited) return waited;
                continue;
            }
            if (errno == EINTR) continue;
            const Errc code = errno == ECONNREFUSED ? Errc::Failed : errc_of(errno);
            return make_errno_error(code, errno, "the actuator cannot be reached at {}", path_);
        }
        return Ok{};
    }

    Status send(std::span<const std::uint8_t> bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count > 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(count));
            } else if (errno == EAGAIN) {
                if (const auto ready = wait_for(POLLOUT); !ready) return ready;
            } else if (errno != EINTR) {
                return make_errno_error(Errc::Failed, errno, "the actuator at {} went away", path_);
            }
        }
        return Ok{};
    }

    // Fills the buffer.
    Status receive(std::span<char> buffer) {
        while (!buffer.empty()) {
            const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (count > 0) {
                buffer = buffer.subspan(static_cast<std::size_t>(count));
            } else if (count < 0 && errno == EAGAIN) {
                if (const auto ready = wait_for(POLLIN); !ready) return ready;
            } else if (count == 0 || errno != EINTR) {
                // It had the request: it may have died in the middle of the action.
                return make_error(Errc::Timeout,
                                  "the actuator at {} went away without an answer: see its audit",
                                  path_);
            }
        }
        return Ok{};
    }

private:
    Status wait_for(short events) {
        const std::int64_t left_ms = (deadline_ns_ - monotonic_ns()) / kNsPerMs;
        if (left_ms <= 0) return make_error(Errc::Timeout, "no answer of the actuator in time");
        std::array<pollfd, 2> fds{pollfd{socket_.get(), events, 0},
                                  pollfd{interrupt_, POLLIN, 0}};  // poll passes over -1
        const std::int64_t patience_ms = std::min<std::int64_t>(left_ms, 60'000);
        ::poll(fds.data(), fds.size(), static_cast<int>(std::min(patience_ms, until_telling_ms())));
        if (fds[0].revents == 0 && fds[1].revents != 0) {
            return make_error(Errc::Timeout,
                              "the agent was stopped before the actuator answered: see its audit");
        }
        return Ok{};
    }
    Status wait_a_moment() {
        static constexpr int kMomentMs = 10;
        if (monotonic_ns() >= deadline_ns_) {
            return make_error(Errc::Failed, "the actuator at {} is busy", path_);
        }
        ::poll(nullptr, 0, kMomentMs);
        (void)until_telling_ms();
        return Ok{};
    }

    // Tells when it is time; how long until then, for ever when there is nothing to tell.
    std::int64_t until_telling_ms() {
        if (!waiting_.tell) return INT64_MAX;
        const std::int64_t left_ns = begin_ns_ + waiting_.after.ns - monotonic_ns();
        if (left_ns > 0) return left_ns / kNsPerMs + 1;
        std::exchange(waiting_.tell, nullptr)();
        return INT64_MAX;
    }

    const std::string& path_;
    std::int64_t begin_ns_;
    std::int64_t deadline_ns_;
    int interrupt_;
    Waiting waiting_;
    Descriptor socket_;
};

}  // namespace

Result<ActionReport> request_action(const std::string& socket_path, const ActionRequest& request,
                                    Duration timeout, int interrupt, Waiting waiting) {
    Conversation conversation(socket_path, timeout, interrupt, std::move(waiting));
    if (const auto connected = conversation.connect(); !connected) return connected.error();
    if (const auto sent = conversation.send(encode(request)); !sent) return sent.error();
    std::array<char, 4> head{};
    if (const auto received = conversation.receive(head); !received) return received.error();
    std::size_t size = 0;
    for (std::size_t i = 0; i < head.size(); ++i) {
        size |= static_cast<std::size_t>(static_cast<unsigned char>(head[i])) << (8 * i);
    }
    if (size > kAnswerBytesMax) {
        return make_error(Errc::Parse, "answer of the actuator: {} bytes, at most {} are allowed",
                          size, kAnswerBytesMax);
    }
    std::string body(size, '\0');
    if (const auto received = conversation.receive(body); !received) return received.error();
    return decode_report(body, request.nonce);
}

ActionRequest request_of(const Decision& decision, const IncidentId& incident,
                         std::uint64_t config_hash, std::uint64_t nonce) {
    return {.opcode = Opcode::Run,
            .rule = decision.rule,
            .target = decision.target,
            .mode = decision.mode,
            .incident = incident,
            .nonce = nonce,
            .config_hash = config_hash};
}

}  // namespace homeostat
