// UpgradeServer plays a WebSocket server on 127.0.0.1 to one client after the other: it reads the
// request, sends what its script makes of it, and keeps what comes until the client hangs up.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "agent/uplink/websocket_upgrade.hpp"

namespace homeostat::test {

class UpgradeServer {
public:
    using Script = std::function<std::string(const std::string& key)>;

    // `hangs_up`: as soon as it has sent that.
    explicit UpgradeServer(Script script, bool hangs_up = false)
        : script_(std::move(script)), hangs_up_(hangs_up) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listener_, 8);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        url_ = "ws://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/v1/opamp";
        thread_ = std::thread([this] { serve(); });
    }
    ~UpgradeServer() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            if (active_ >= 0) ::shutdown(active_, SHUT_RDWR);
        }
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    UpgradeServer(const UpgradeServer&) = delete;
    UpgradeServer& operator=(const UpgradeServer&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }

    // What came after the head of the last request, and that head.
    [[nodiscard]] std::string received() const {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    [[nodiscard]] std::string head() const {
        const std::lock_guard lock(mutex_);
        return head_;
    }

    // The head of an agreement.
    static std::string agreed(const std::string& key) {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: " +
               upgrade_accept(key) + "\r\n\r\n";
    }

private:
    void serve() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            {
                const std::lock_guard lock(mutex_);
                active_ = fd;
                received_.clear();
                if (stopping_) ::shutdown(fd, SHUT_RDWR);
            }
            talk(fd);
            const std::lock_guard lock(mutex_);
            active_ = -1;
            ::close(fd);
            if (stopping_) return;
        }
    }

    void talk(int fd) {
        std::string bytes;
        bool answered = false;
        for (;;) {
            char buffer[4096];
            const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
            if (count <= 0) return;
            bytes.append(buffer, static_cast<std::size_t>(count));
            const auto end = bytes.find("\r\n\r\n");
            if (!answered && end == std::string::npos) continue;
            if (!answered) {
                answered = true;
                const std::string name = "Sec-WebSocket-Key: ";
                const auto key = bytes.find(name) + name.size();
                const std::string answer = script_(bytes.substr(key, bytes.find('\r', key) - key));
                {
                    const std::lock_guard lock(mutex_);
                    head_ = bytes.substr(0, end + 4);
                }
                bytes.erase(0, end + 4);
                (void)!::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
                if (hangs_up_) return;
            }
            const std::lock_guard lock(mutex_);
            received_ = bytes;
        }
    }

    Script script_;
    bool hangs_up_;
    int listener_ = -1;
    std::string url_;
    mutable std::mutex mutex_;
    bool stopping_ = false;
    int active_ = -1;
    std::string head_;
    std::string received_;
    std::thread thread_;
};

}  // namespace homeostat::test
