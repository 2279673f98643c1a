// UpgradeServer plays a WebSocket server on 127.0.0.1 to one client after the other: it reads the
// request, sends what its script makes of it, and keeps what comes until the client hangs up.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "agent/uplink/websocket_upgrade.hpp"
#include "tests/agent/uplink/loopback_listener.hpp"

namespace homeostat::test {

class UpgradeServer {
public:
    using Script = std::function<std::string(const std::string& key)>;

    // `hangs_up`: as soon as it has sent that.
    explicit UpgradeServer(Script script, bool hangs_up = false)
        : script_(std::move(script)),
          hangs_up_(hangs_up),
          listener_([this](int fd) { talk(fd); }),
          url_("ws://127.0.0.1:" + std::to_string(listener_.port()) + "/v1/opamp") {}
    ~UpgradeServer() { listener_.stop(); }
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
    void talk(int fd) {
        {
            const std::lock_guard lock(mutex_);
            received_.clear();
        }
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
    mutable std::mutex mutex_;
    std::string head_;
    std::string received_;
    LoopbackListener listener_;  // after what its thread uses
    std::string url_;
};

}  // namespace homeostat::test
