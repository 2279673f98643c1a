#include "agent/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "core/parse.hpp"

namespace homeostat {
namespace {

std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);  // not for our children
    return text;
}

Duration watchdog_interval(const std::string& usec, const std::string& pid) {
    const auto interval = parse_u64(usec);
    const bool ours = pid.empty() || parse_u64(pid) == static_cast<std::uint64_t>(::getpid());
    if (!interval || !ours || *interval > 86'400'000'000U) return {};
    return {static_cast<std::int64_t>(*interval) * 1000};
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
    const std::string usec = take_variable("WATCHDOG_USEC");
    const std::string pid = take_variable("WATCHDOG_PID");
    return {take_variable("NOTIFY_SOCKET"), watchdog_interval(usec, pid)};
}

void ServiceManager::notify(std::string_view assignments) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool usable = !socket_.empty() && (socket_[0] == '/' || socket_[0] == '@') &&
                        socket_.size() < sizeof address.sun_path;
    if (!usable) return;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') address.sun_path[0] = '\0';
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    ::sendto(fd, assignments.data(), assignments.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), size);
    ::close(fd);
}

void ServiceManager::keep_alive(Instant now) {
    if (watchdog_.ns == 0 || (sent_ && (now - last_).ns < watchdog_.ns / 2)) return;
    notify("WATCHDOG=1");
    last_ = now;
    sent_ = true;
}

}  // namespace homeostat
