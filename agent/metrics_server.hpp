// MetricsServer answers GET and HEAD on one socket of this host, and nothing more.
//
// Made to be small and to be trusted with hostile clients: at most eight connections, a head of
// 4 KiB, two seconds for all of a request and its answer, one request a connection, no bodies, no
// keep-alive, no TLS. It sleeps in poll(2) until something comes, so an idle one costs nothing;
// when it may not accept who knocks, for want of a descriptor say, it looks again after a second.
// docs/decisions/0016-own-metrics-server.md says why it is no library.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "agent/metrics_address.hpp"
#include "agent/metrics_request.hpp"
#include "core/clock.hpp"
#include "core/function_ref.hpp"
#include "core/result.hpp"

namespace homeostat {

struct MetricsAnswer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

class MetricsServer {
public:
    static constexpr std::size_t kConnectionsMax = 8;
    static constexpr Duration kPatience = seconds(2);
    static constexpr Duration kRestAfterFailure = seconds(1);

    // Asked once for each GET and HEAD, on the thread that serves. Any other method is 405.
    using Handler = FunctionRef<MetricsAnswer(const MetricsRequest&)>;

    // A socket file that is left over is replaced; the new one is for owner and group.
    // Errc::Denied, Errc::Io: the address is taken, or may not be used.
    static Result<std::unique_ptr<MetricsServer>> listen(const MetricsAddress& address);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    // Serves until stop(), which any thread may call.
    void serve(const Clock& clock, Handler handler);
    void stop();

    // The port that the kernel chose; 0 for a unix socket.
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    struct Connection {
        int fd = -1;
        std::string in;
        std::string out;  // the answer, once there is one
        std::size_t sent = 0;
        Instant deadline;
    };

    MetricsServer(int listener, int stop, std::string socket, std::uint16_t port)
        : listener_(listener), stop_(stop), socket_(std::move(socket)), port_(port) {}

    void accept_one(Instant now);
    void receive(Connection& connection, Handler handler);
    void send(Connection& connection);
    void close(Connection& connection);

    int listener_;
    int stop_;  // an eventfd
    std::string socket_;
    std::uint16_t port_;
    std::array<Connection, kConnectionsMax> connections_;
    Instant listens_again_;  // after accept(2) has failed
};

// Pure: the bytes of an answer. `request` says whether there is a body and how it is packed.
std::string http_answer(const MetricsAnswer& answer, const MetricsRequest& request);

}  // namespace homeostat
