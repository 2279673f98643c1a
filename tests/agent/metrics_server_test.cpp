#include "agent/metrics_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

// Stands still, so that nobody loses patience, until it is advanced from another thread.
class SharedClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override {
        return test::ManualClock().now() + Duration{passed_ns_.load()};
    }
    void advance(Duration by) { passed_ns_ += by.ns; }

private:
    std::atomic<std::int64_t> passed_ns_{0};
};

// Holds all low descriptors, so that a limit at kLow allows no new one, whatever is closed above.
class LowDescriptors {
public:
    static constexpr int kLow = 32;  // poll(2) wants a limit above the number of what it polls
    LowDescriptors() {
        for (;;) {
            const int fd = ::dup(STDERR_FILENO);
            REQUIRE(fd >= 0);
            held_.push_back(fd);
            if (fd >= kLow) break;
        }
    }
    ~LowDescriptors() {
        for (const int fd : held_) ::close(fd);
    }
    LowDescriptors(const LowDescriptors&) = delete;
    LowDescriptors& operator=(const LowDescriptors&) = delete;

private:
    std::vector<int> held_;
};

// No new descriptor while it lives.
class NoDescriptors {
public:
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit none{static_cast<rlim_t>(LowDescriptors::kLow), before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
};

// A server on a port of the kernel's choice, on a thread of its own.
class Bench {
public:
    explicit Bench(MetricsAddress address = {.host = "127.0.0.1", .port = 0, .socket = {}}) {
        auto listening = MetricsServer::listen(address);
        REQUIRE(listening);
        server_ = std::move(*listening);
        thread_ = std::thread([this] {
            server_->serve(clock_, [](const MetricsRequest& request) {
                return MetricsAnswer{.status = 200, .body = std::string(request.path) + "\n"};
            });
        });
    }
    ~Bench() {
        server_->stop();
        thread_.join();
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    [[nodiscard]] int connect() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connect(fd);
        return fd;
    }
    void connect(int fd) const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(server_->port());
        REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    void advance(Duration by) { clock_.advance(by); }
    [[nodiscard]] std::string ask(const std::string& request) const {
        return exchange(connect(), request);
    }
    // Everything until the server hangs up.
    static std::string exchange(int fd, const std::string& request) {
        (void)!::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
        std::string answer;
        char buffer[4096];
        for (;;) {
            const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            answer.append(buffer, static_cast<std::size_t>(count));
        }
        ::close(fd);
        return answer;
    }

private:
    SharedClock clock_;
    std::unique_ptr<MetricsServer> server_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("metrics_server: GET has a body, HEAD the same head without it, others are refused") {
    const Bench bench;
    const std::string got = bench.ask("GET /x HTTP/1.1\r\n\r\n");
    CHECK(got.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(got.find("Content-Length: 3\r\n") != std::string::npos);
    CHECK(got.ends_with("\r\n\r\n/x\n"));
    CHECK(bench.ask("HEAD /x HTTP/1.1\r\n\r\n") == got.substr(0, got.size() - 3));
    const std::string refused = bench.ask("POST /x HTTP/1.1\r\n\r\n");
    CHECK(refused.starts_with("HTTP/1.1 405 "));
    CHECK(refused.find("Allow: GET, HEAD\r\n") != std::string::npos);
    CHECK(bench.ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    CHECK(bench.ask(std::string(kMetricsHeadMax, 'x')).starts_with("HTTP/1.1 400 "));
}

TEST_CASE("metrics_server: a request in pieces, and others that never finish, side by side") {
    const Bench bench;
    std::vector<int> idle;
    for (std::size_t i = 0; i + 2 < MetricsServer::kConnectionsMax; ++i) {
        idle.push_back(bench.connect());
        (void)!::send(idle.back(), "GET", 3, MSG_NOSIGNAL);
    }
    const int fd = bench.connect();
    for (const char c : std::string("GET /slow HTTP/1.1\r\n\r")) {
        (void)!::send(fd, &c, 1, MSG_NOSIGNAL);
    }
    CHECK(bench.ask("GET /quick HTTP/1.1\r\n\r\n").ends_with("/quick\n"));
    CHECK(Bench::exchange(fd, "\n").ends_with("/slow\n"));
    for (const int each : idle) ::close(each);
}

TEST_CASE("metrics_server: clients that hang up do not disturb it") {
    const Bench bench;
    for (int i = 0; i < 50; ++i) {
        const int fd = bench.connect();
        if (i % 2 == 0) (void)!::send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
        ::close(fd);
    }
    CHECK(bench.ask("GET /still HTTP/1.1\r\n\r\n").ends_with("/still\n"));
}

TEST_CASE("metrics_server: who cannot be accepted waits for a second, and is not tried in a loop") {
    const LowDescriptors low;
    Bench bench;
    // Some that are in, and one that will find no descriptor.
    std::vector<int> inside;
    for (int i = 0; i < 5; ++i) {
        inside.push_back(bench.connect());
        (void)!::send(inside.back(), "G", 1, MSG_NOSIGNAL);
    }
    const int outside = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bench.ask("GET /all-in HTTP/1.1\r\n\r\n").ends_with("/all-in\n"));
    // Each answer shows that the server has been round its loop once more.
    const auto go_round = [&inside](std::size_t i) {
        CHECK(Bench::exchange(inside[i], "ET /round HTTP/1.1\r\n\r\n").ends_with("/round\n"));
    };
    {
        const NoDescriptors none;
        bench.connect(outside);
        const std::string request = "GET /outside HTTP/1.1\r\n\r\n";
        (void)!::send(outside, request.data(), request.size(), MSG_NOSIGNAL);
        go_round(0);
        go_round(1);
    }
    // There are descriptors again, but its clock stands still: it does not try.
    for (const std::size_t i : {2U, 3U, 4U}) go_round(i);
    char byte = 0;
    CHECK(::recv(outside, &byte, 1, MSG_DONTWAIT) == -1);
    bench.advance(MetricsServer::kRestAfterFailure);
    CHECK(Bench::exchange(outside, "").ends_with("/outside\n"));
}

TEST_CASE("metrics_server: a unix socket is for owner and group, and gone afterwards") {
    const test::TemporaryDirectory directory;
    const std::string path = directory / "metrics.sock";
    for (int round = 0; round < 2; ++round) {
        const Bench bench({.host = {}, .port = 0, .socket = path});
        struct stat info {};
        REQUIRE(::stat(path.c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0660);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::copy(path.begin(), path.end(), address.sun_path);
        REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        CHECK(Bench::exchange(fd, "GET /local HTTP/1.1\r\n\r\n").ends_with("/local\n"));
    }
    struct stat info {};
    CHECK(::stat(path.c_str(), &info) != 0);
}

TEST_CASE("metrics_server: a file in the place of the socket, or a taken port, is an error") {
    const test::TemporaryDirectory directory;
    const std::string path = directory.write("metrics.sock", "precious");
    const auto refused = MetricsServer::listen({.host = {}, .port = 0, .socket = path});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text.view().find(path) != std::string_view::npos);
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK(info.st_size == 8);

    const auto first = MetricsServer::listen({.host = "127.0.0.1", .port = 0, .socket = {}});
    REQUIRE(first);
    const auto second =
        MetricsServer::listen({.host = "127.0.0.1", .port = (*first)->port(), .socket = {}});
    REQUIRE_FALSE(second);
    CHECK(second.error().text.view().find("Address already in use") != std::string_view::npos);
}

TEST_CASE("metrics_server: a large page is gzip for who takes it") {
    MetricsRequest request;
    request.method = MetricsRequest::Method::Get;
    const MetricsAnswer answer{.status = 200, .body = std::string(10'000, 'x')};
    CHECK(http_answer(answer, request).ends_with("xxx"));
    request.takes_gzip = true;
    const std::string packed = http_answer(answer, request);
    CHECK(packed.find("Content-Encoding: gzip\r\n") != std::string::npos);
    CHECK(packed.size() < 1000);
    CHECK(http_answer({.status = 200, .body = "small"}, request).ends_with("small"));
}
