// ServiceManager tells systemd how we are: the sd_notify protocol, without a library.
//
// Source: sd_notify(3). One datagram of newline-separated assignments to $NOTIFY_SOCKET. Without
// that variable every call does nothing, so the daemon runs the same under anything else.
#pragma once

#include <string>
#include <string_view>

#include "core/time.hpp"

namespace homeostat {

class ServiceManager {
public:
    // Reads and unsets $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
    static ServiceManager from_environment();

    // `notify_socket`: a path, or "@name" for an abstract one; empty: nobody listens.
    ServiceManager(std::string notify_socket, Duration watchdog)
        : socket_(std::move(notify_socket)), watchdog_(watchdog) {}

    // "READY=1", "STATUS=...", "STOPPING=1". Errors are of no use to anybody and are ignored.
    void notify(std::string_view assignments) const;

    // Call it from the loop that must not get stuck: sends WATCHDOG=1 at half of the time allowed.
    void keep_alive(Instant now);

private:
    std::string socket_;
    Duration watchdog_;  // zero: none asked for
    Instant last_;
    bool sent_ = false;
};

}  // namespace homeostat
