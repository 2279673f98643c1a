#include "actions/playbook/direct_probe.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "actions/descriptor.hpp"

namespace homeostat::playbook {
namespace {

// Waits until the socket is ready for `events`. False: the time is over.
bool wait_ready(int fd, short events, std::int64_t deadline_ns) {
    for (;;) {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        const std::int64_t left =
            deadline_ns - (static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
        if (left <= 0) return false;
        pollfd ready{fd, events, 0};
        const int count = ::poll(
            &ready, 1, static_cast<int>(std::min<std::int64_t>(left / 1'000'000 + 1, 60'000)));
        if (count > 0) return true;
        if (count < 0 && errno != EINTR) return false;
    }
}

std::int64_t deadline_after(Duration timeout) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec + timeout.ns;
}

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

// Numbers only: a static program has no name service, and a repair must not hang on one.
Result<Address> parse_address(const std::string& host, std::uint16_t port) {
    Address address;
    sockaddr_in four{};
    sockaddr_in6 six{};
    const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
    if (::inet_pton(AF_INET, numeric.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        address.size = sizeof four;
        std::copy_n(reinterpret_cast<const char*>(&four), sizeof four,
                    reinterpret_cast<char*>(&address.storage));
    } else if (::inet_pton(AF_INET6, numeric.c_str(), &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        address.size = sizeof six;
        std::copy_n(reinterpret_cast<const char*>(&six), sizeof six,
                    reinterpret_cast<char*>(&address.storage));
    } else {
        return make_error(Errc::Invalid, "'{}' is no address", host);
    }
    return address;
}

Status finish_connecting(int fd, const std::string& host, std::int64_t deadline) {
    if (!wait_ready(fd, POLLOUT, deadline)) {
        return make_error(Errc::Timeout, "{} does not answer", host);
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return make_errno_error(Errc::Io, error, "connect to {}", host);
    return Ok{};
}

std::string read_some(int fd, std::size_t text_max, std::int64_t deadline) {
    std::string text;
    char buffer[4096];
    while (text.size() < text_max && wait_ready(fd, POLLIN, deadline)) {
        const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    text.resize(std::min(text.size(), text_max));
    return text;
}

}  // namespace

Result<ProbeAnswer> DirectProbe::request(const ProbeRequest& request) {
    HttpRequest http;
    http.method = request.method;
    http.url = request.url;
    for (const auto& [name, value] : request.headers) http.headers.push_back({name, value});
    http.body = request.body;
    http.timeout = request.timeout;
    http.connect_timeout = request.timeout;
    http.response_max = request.body_max;
    http.tls.insecure_skip_verify = !request.verify_certificates;
    auto response = fetcher_.fetch(http);
    if (!response) return response.error();
    return ProbeAnswer{.status = response->status,
                       .content_type = std::move(response->content_type),
                       .location = std::move(response->location),
                       .body = std::move(response->body)};
}

Result<std::string> DirectProbe::connect(const std::string& host, std::uint16_t port,
                                         Duration timeout, std::size_t text_max) {
    const auto address = parse_address(host, port);
    if (!address) return address.error();
    const std::int64_t deadline = deadline_after(timeout);
    const Descriptor fd(
        ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return make_errno_error(Errc::Io, errno, "socket");
    const auto* where = reinterpret_cast<const sockaddr*>(&address->storage);
    if (::connect(fd.get(), where, address->size) != 0) {
        if (errno != EINPROGRESS) return make_errno_error(Errc::Io, errno, "connect to {}", host);
        if (auto done = finish_connecting(fd.get(), host, deadline); !done) return done.error();
    }
    return read_some(fd.get(), text_max, deadline);
}

Result<std::string> DirectProbe::read_file(const std::string& path, std::size_t text_max) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return make_errno_error(errno == ENOENT || errno == ENOTDIR ? Errc::NotFound : Errc::Io,
                                errno, "{}", path);
    }
    std::string text;
    if (text_max == 0) return text;
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return make_errno_error(errc_of(errno), errno, "{}", path);
    char buffer[16384];
    while (text.size() < text_max) {
        const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    text.resize(std::min(text.size(), text_max));
    return text;
}

}  // namespace homeostat::playbook
