// LoopbackListener takes connections on a port of 127.0.0.1 that the kernel chooses, one at a time
// on a thread of its own: what the scripted servers of these tests share.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace homeostat::test {

class LoopbackListener {
public:
    // `talk` has one connection until it returns. It runs on the listener's thread.
    explicit LoopbackListener(std::function<void(int fd)> talk) : talk_(std::move(talk)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listener_, 8);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~LoopbackListener() { stop(); }
    LoopbackListener(const LoopbackListener&) = delete;
    LoopbackListener& operator=(const LoopbackListener&) = delete;

    [[nodiscard]] int port() const { return port_; }

    // Ends the connection and the thread: `talk` is not called any more. To be called before what
    // it uses is gone.
    void stop() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            if (active_ >= 0) ::shutdown(active_, SHUT_RDWR);
        }
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

private:
    void serve() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            {
                const std::lock_guard lock(mutex_);
                active_ = fd;
                if (stopping_) ::shutdown(fd, SHUT_RDWR);
            }
            talk_(fd);
            const std::lock_guard lock(mutex_);
            active_ = -1;
            ::close(fd);
            if (stopping_) return;
        }
    }

    std::function<void(int)> talk_;
    int listener_ = -1;
    int port_ = 0;
    std::mutex mutex_;
    bool stopping_ = false;
    int active_ = -1;
    std::thread thread_;
};

}  // namespace homeostat::test
