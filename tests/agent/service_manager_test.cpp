#include "agent/service_manager.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace homeostat;

namespace {

class Listener {
public:
    explicit Listener(const std::string& path)
        : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Listener() { ::close(fd_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::string next() {
        std::array<char, 512> buffer{};
        const auto size = ::recv(fd_, buffer.data(), buffer.size(), 0);
        return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

private:
    int fd_;
};

}  // namespace

TEST_CASE("service_manager: one datagram with the assignments") {
    const test::TemporaryDirectory directory;
    Listener listener(directory / "notify");
    const ServiceManager manager(directory / "notify", Duration{});
    manager.notify("READY=1\nSTATUS=watching");
    CHECK(listener.next() == "READY=1\nSTATUS=watching");
    CHECK(listener.next().empty());
}

TEST_CASE("service_manager: keeps alive at half of the time allowed, and only then") {
    const test::TemporaryDirectory directory;
    Listener listener(directory / "notify");
    ServiceManager manager(directory / "notify", seconds(10));
    test::ManualClock clock;
    int sent = 0;
    for (int i = 0; i < 20; ++i) {
        manager.keep_alive(clock.now());
        if (listener.next() == "WATCHDOG=1") ++sent;
        clock.advance(seconds(1));
    }
    CHECK(sent == 4);
}

TEST_CASE("service_manager: without a socket, or with a strange one, nothing happens") {
    const test::TemporaryDirectory directory;
    Listener listener(directory / "notify");
    test::ManualClock clock;
    for (const std::string& path : {std::string(), std::string("relative"), std::string(300, '/'),
                                    std::string("/nonexistent/notify")}) {
        ServiceManager manager(path, seconds(1));
        manager.notify("READY=1");
        manager.keep_alive(clock.now());
    }
    CHECK(listener.next().empty());
}

TEST_CASE("service_manager: the environment is taken, not left for children") {
    ::setenv("NOTIFY_SOCKET", "/nonexistent", 1);
    ::setenv("WATCHDOG_USEC", "nonsense", 1);
    const auto manager = ServiceManager::from_environment();
    CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
    CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
    manager.notify("READY=1");
}
