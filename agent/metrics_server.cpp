#include "agent/metrics_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "agent/uplink/body_codec.hpp"

namespace homeostat {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kSocketMode = 0660;
constexpr std::size_t kGzipFrom = 1024;  // below, the head is longer than what is saved

std::string_view reason_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 503: return "Service Unavailable";
        default: return "Error";
    }
}

// Large enough for every kind of address we bind.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

SocketAddress socket_address(const MetricsAddress& address) {
    SocketAddress out;
    if (!address.socket.empty()) {
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        std::copy(address.socket.begin(), address.socket.end(), local.sun_path);
        std::memcpy(&out.storage, &local, sizeof local);
        out.size = sizeof local;
    } else if (address.host == "::1") {
        sockaddr_in6 six{};
        six.sin6_family = AF_INET6;
        six.sin6_addr = in6addr_loopback;
        six.sin6_port = htons(address.port);
        std::memcpy(&out.storage, &six, sizeof six);
        out.size = sizeof six;
    } else {
        sockaddr_in four{};
        four.sin_family = AF_INET;
        four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        four.sin_port = htons(address.port);
        std::memcpy(&out.storage, &four, sizeof four);
        out.size = sizeof four;
    }
    return out;
}

std::uint16_t port_of(int fd) {
    SocketAddress bound;
    bound.size = sizeof bound.storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size) != 0) return 0;
    if (bound.storage.ss_family == AF_UNIX) return 0;
    in_port_t port = 0;  // at the same place in both of its families
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    std::memcpy(&port,
                reinterpret_cast<const char*>(&bound.storage) + offsetof(sockaddr_in, sin_port),
                sizeof port);
    return ntohs(port);
}

// A socket that nobody answers any more; a file of another kind stays, and bind() says so.
void remove_left_over(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(path.c_str());
}

Error cannot_listen(const MetricsAddress& address, int error) {
    const std::string where =
        address.socket.empty() ? fmt::format("{}:{}", address.host, address.port) : address.socket;
    return make_errno_error(errc_of(error), error, "metrics: listen on {}", where);
}

}  // namespace

std::string http_answer(const MetricsAnswer& answer, const MetricsRequest& request) {
    std::string body = answer.body;
    std::string_view encoding;
    if (request.takes_gzip && body.size() >= kGzipFrom) {
        if (auto packed = compress_body(Compression::Gzip, body)) {
            body = std::move(*packed);
            encoding = "Content-Encoding: gzip\r\n";
        }
    }
    std::string out = fmt::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}Cache-Control: "
        "no-store\r\n"
        "Connection: close\r\n\r\n",
        answer.status, reason_of(answer.status), answer.content_type, body.size(), encoding,
        answer.status == 405 ? "Allow: GET, HEAD\r\n" : "");
    if (request.method != MetricsRequest::Method::Head) out += body;
    return out;
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(const MetricsAddress& address) {
    const SocketAddress where = socket_address(address);
    const int fd = ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return cannot_listen(address, errno);
    const int stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::unique_ptr<MetricsServer> server(new MetricsServer(fd, stop, address.socket, 0));
    if (stop < 0) return cannot_listen(address, errno);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!address.socket.empty()) remove_left_over(address.socket);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&where.storage), where.size) != 0) {
        const int error = errno;
        server->socket_.clear();  // it is not ours to remove
        return cannot_listen(address, error);
    }
    if (!address.socket.empty() && ::chmod(address.socket.c_str(), kSocketMode) != 0) {
        return cannot_listen(address, errno);
    }
    if (::listen(fd, kBacklog) != 0) return cannot_listen(address, errno);
    server->port_ = port_of(fd);
    return server;
}

MetricsServer::~MetricsServer() {
    for (Connection& connection : connections_) close(connection);
    ::close(listener_);
    if (stop_ >= 0) ::close(stop_);
    if (!socket_.empty()) ::unlink(socket_.c_str());
}

void MetricsServer::stop() {
    const std::uint64_t one = 1;
    (void)!::write(stop_, &one, sizeof one);
}

void MetricsServer::serve(const Clock& clock, Handler handler) {
    for (;;) {
        std::array<pollfd, kConnectionsMax + 2> fds{};
        bool room = false;
        Duration wait{-1};
        const Instant before = clock.now();
        for (std::size_t i = 0; i < kConnectionsMax; ++i) {
            Connection& connection = connections_[i];
            if (connection.fd >= 0 && before >= connection.deadline) close(connection);
            const bool answers = !connection.out.empty();
            fds[i] = {connection.fd, static_cast<short>(answers ? POLLOUT : POLLIN), 0};
            if (connection.fd < 0) {
                room = true;
                continue;
            }
            const Duration left = connection.deadline - before;
            if (wait.ns < 0 || left < wait) wait = left;
        }
        const Duration rest = listens_again_ - before;
        if (rest.ns > 0 && (wait.ns < 0 || rest < wait)) wait = rest;
        fds[kConnectionsMax] = {room && rest.ns <= 0 ? listener_ : -1, POLLIN, 0};
        fds[kConnectionsMax + 1] = {stop_, POLLIN, 0};
        const timespec limit{static_cast<time_t>(wait.ns / 1'000'000'000), wait.ns % 1'000'000'000};
        if (::ppoll(fds.data(), fds.size(), wait.ns < 0 ? nullptr : &limit, nullptr) < 0) continue;
        if (fds[kConnectionsMax + 1].revents != 0) return;
        for (std::size_t i = 0; i < kConnectionsMax; ++i) {
            if (connections_[i].fd < 0 || fds[i].revents == 0) continue;
            if (connections_[i].out.empty()) receive(connections_[i], handler);
            if (connections_[i].fd >= 0 && !connections_[i].out.empty()) send(connections_[i]);
        }
        if (fds[kConnectionsMax].revents != 0) accept_one(clock.now());
    }
}

void MetricsServer::accept_one(Instant now) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        // Who knocks is still there, and poll(2) would say so at once, again and again.
        if (errno != EAGAIN && errno != EINTR) listens_again_ = now + kRestAfterFailure;
        return;
    }
    for (Connection& connection : connections_) {
        if (connection.fd >= 0) continue;
        connection = {.fd = fd, .in = {}, .out = {}, .sent = 0, .deadline = now + kPatience};
        return;
    }
    ::close(fd);
}

void MetricsServer::receive(Connection& connection, Handler handler) {
    std::array<char, kMetricsHeadMax> buffer{};
    const ssize_t count = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        close(connection);
        return;
    }
    connection.in.append(buffer.data(), static_cast<std::size_t>(count));
    MetricsRequest request;
    switch (read_metrics_request(connection.in, request)) {
        case MetricsHead::Unfinished: return;
        case MetricsHead::Malformed:
            connection.out = http_answer({.status = 400, .body = "bad request\n"}, request);
            return;
        case MetricsHead::Whole: break;
    }
    if (request.method == MetricsRequest::Method::Other) {
        connection.out = http_answer({.status = 405, .body = "GET and HEAD only\n"}, request);
    } else {
        connection.out = http_answer(handler(request), request);
    }
}

void MetricsServer::send(Connection& connection) {
    const ssize_t count = ::send(connection.fd, connection.out.data() + connection.sent,
                                 connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) connection.sent += static_cast<std::size_t>(count);
    if (count <= 0 || connection.sent == connection.out.size()) close(connection);
}

void MetricsServer::close(Connection& connection) {
    if (connection.fd >= 0) ::close(connection.fd);
    connection = {};
}

}  // namespace homeostat
