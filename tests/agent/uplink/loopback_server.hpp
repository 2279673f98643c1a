// LoopbackServer answers HTTP on 127.0.0.1 with bytes from a script, good ones and hostile ones.
//
// For the one part that is about real sockets.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/agent/uplink/loopback_listener.hpp"

namespace homeostat::test {

class LoopbackServer {
public:
    // What one request is answered with, and what becomes of the connection.
    struct Answer {
        std::string bytes;
        bool close = false;    // after the answer
        bool endless = false;  // the bytes again and again, until the client hangs up
        bool silent = false;   // the bytes and then nothing, with the connection open
    };

    // Each request takes the next answer; the last one is given for ever.
    explicit LoopbackServer(std::vector<Answer> answers)
        : answers_(std::move(answers)), listener_([this](int fd) { talk(fd); }) {}
    ~LoopbackServer() { listener_.stop(); }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port()) + path;
    }
    [[nodiscard]] int port() const { return listener_.port(); }
    // Head and body of each request so far.
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    [[nodiscard]] int connections() const {
        const std::lock_guard lock(mutex_);
        return connections_;
    }

    // A complete answer with a Content-Length. `headers` are lines, each with its CRLF.
    static Answer whole(int status, const std::string& body, const std::string& headers = "") {
        return {.bytes = "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
                         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
    }

private:
    void talk(int fd) {
        {
            const std::lock_guard lock(mutex_);
            ++connections_;
        }
        while (serve_request(fd)) {
        }
    }

    bool serve_request(int fd) {
        std::string request;
        std::size_t wanted = std::string::npos;
        while (request.size() < wanted) {
            char buffer[4096];
            const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
            if (count <= 0) return false;
            request.append(buffer, static_cast<std::size_t>(count));
            const auto end = request.find("\r\n\r\n");
            if (wanted == std::string::npos && end != std::string::npos) {
                const auto length = request.find("Content-Length: ");
                wanted = end + 4;
                if (length < end) wanted += std::stoul(request.substr(length + 16));
            }
        }
        Answer answer;
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
            answer = answers_[std::min(next_, answers_.size() - 1)];
            ++next_;
        }
        do {
            if (!send_all(fd, answer.bytes)) return false;
        } while (answer.endless);
        if (answer.silent) {
            char byte = 0;
            (void)!::recv(fd, &byte, 1, 0);  // until the client gives up
            return false;
        }
        return !answer.close;
    }

    static bool send_all(int fd, const std::string& bytes) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t count =
                ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (count <= 0) return false;
            done += static_cast<std::size_t>(count);
        }
        return true;
    }

    mutable std::mutex mutex_;
    std::vector<Answer> answers_;
    std::size_t next_ = 0;
    std::vector<std::string> requests_;
    int connections_ = 0;
    LoopbackListener listener_;  // the last: its thread uses all above
};

}  // namespace homeostat::test
