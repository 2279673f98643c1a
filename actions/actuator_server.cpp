#include "actions/actuator_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr int kBacklog = 16;
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return make_error(Errc::Limit, "socket path '{}': 1 to {} bytes are possible", path,
                          sizeof address.sun_path - 1);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

bool somebody_listens(const sockaddr_un& address) {
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return probe &&
           ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Takes away a socket that a dead actuator has left.
Status make_room(const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(address.sun_path, &status) != 0) return Ok{};
    if (!S_ISSOCK(status.st_mode)) {
        return make_error(Errc::Invalid, "{} exists and is no socket", address.sun_path);
    }
    if (somebody_listens(address)) {
        return make_error(Errc::Invalid, "{}: another actuator listens there", address.sun_path);
    }
    if (::unlink(address.sun_path) == 0) return Ok{};
    return make_errno_error(errc_of(errno), errno, "remove {}", address.sun_path);
}

timeval patience_with(const Peer& peer, Duration longest) {
    const Duration patience =
        std::min(is_person(peer.uid) ? kPersonPatience : kPeerPatience, longest);
    return {.tv_sec = patience.ns / 1'000'000'000, .tv_usec = patience.ns % 1'000'000'000 / 1000};
}

// One byte more than a request, so that a longer one is seen to be so. Stops at a whole request:
// the watcher keeps its end open for the answer. All of it is one call of recv(2), whose time limit
// (SO_RCVTIMEO) is for the whole: a caller that sends byte by byte wins no time.
std::size_t receive(int fd, std::span<std::uint8_t> buffer) {
    ssize_t count = -1;
    do {
        count = ::recv(fd, buffer.data(), kRequestBytes, MSG_WAITALL);
    } while (count < 0 && errno == EINTR);
    if (count != static_cast<ssize_t>(kRequestBytes)) {
        return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    const ssize_t more = ::recv(fd, buffer.data() + kRequestBytes, 1, MSG_DONTWAIT);
    return kRequestBytes + (more > 0 ? 1U : 0U);
}

// Rounded up, so that it is over then; a minute at most, since the clock of the host goes on while
// it is suspended and ours does not.
int until_ms(Duration left) {
    return static_cast<int>(std::min(left, minutes(1)).ns / 1'000'000) + 1;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;  // the caller is gone; the audit log has it all
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

Result<Descriptor> listen_at(const std::string& path, uid_t owner) {
    const auto address = address_of(path);
    if (!address) return address.error();
    if (const auto room = make_room(*address); !room) return room.error();
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!listener) return make_errno_error(Errc::Io, errno, "socket");
    const mode_t mask = ::umask(0177);
    const int bound =
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
    const int bind_error = errno;
    ::umask(mask);
    if (bound != 0) return make_errno_error(errc_of(bind_error), bind_error, "bind {}", path);
    if (::geteuid() == 0 && ::lchown(path.c_str(), owner, static_cast<gid_t>(-1)) != 0) {
        return make_errno_error(errc_of(errno), errno, "give {} to uid {}", path, owner);
    }
    if (::listen(listener.get(), kBacklog) != 0) {
        return make_errno_error(Errc::Io, errno, "listen at {}", path);
    }
    return listener;
}

Result<Descriptor> inherited_socket(const char* listen_pid, const char* listen_fds, pid_t self) {
    if (listen_pid == nullptr || listen_fds == nullptr) {
        return make_error(Errc::NotAvailable, "no socket was handed over: use --listen PATH");
    }
    const auto pid = parse_u64(listen_pid);
    const auto count = parse_u64(listen_fds);
    if (!pid || *pid != static_cast<std::uint64_t>(self)) {
        return make_error(Errc::NotAvailable, "LISTEN_PID is not ours");
    }
    if (!count || *count != 1) {
        return make_error(Errc::Invalid, "LISTEN_FDS is '{}', expected 1", listen_fds);
    }
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(kFirstInherited, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
        listening != 1) {
        return make_error(Errc::Invalid, "descriptor 3 is not a listening socket");
    }
    // systemd leaves it open for whatever we start: an action's programs must not have it.
    if (::fcntl(kFirstInherited, F_SETFD, FD_CLOEXEC) != 0) {
        return make_errno_error(Errc::Io, errno, "close descriptor 3 on exec");
    }
    return Descriptor(kFirstInherited);
}

void serve_connection(Descriptor connection, Actuator& actuator, Duration longest) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    Peer peer;  // without credentials it is nobody, and nobody is refused
    if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 &&
        size == sizeof credentials) {
        peer = {.uid = credentials.uid, .pid = credentials.pid};
    }
    const timeval limit = patience_with(peer, longest);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    std::array<std::uint8_t, kRequestBytes + 1> buffer{};
    const std::size_t received = receive(connection.get(), buffer);
    const auto answer = actuator.handle(peer, {buffer.data(), received});
    const std::string body = encode_report(answer.report, answer.nonce);
    std::string message(4, '\0');
    for (std::size_t i = 0; i < 4; ++i) message[i] = static_cast<char>(body.size() >> (8 * i));
    send_all(connection.get(), message + body);
}

Result<ServeEnd> serve(const Descriptor& listener, Actuator& actuator, int stop, int reload,
                       Duration idle_exit) {
    const int idle_ms = idle_exit.ns > 0 ? static_cast<int>(idle_exit.ns / 1'000'000) : -1;
    for (;;) {
        const auto next = actuator.settle();
        const int patience_ms = next ? until_ms(*next) : idle_ms;
        std::array<pollfd, 3> fds{
            {{listener.get(), POLLIN, 0}, {stop, POLLIN, 0}, {reload, POLLIN, 0}}};
        const int ready = ::poll(fds.data(), fds.size(), patience_ms);
        if (ready < 0 && errno != EINTR) return make_errno_error(Errc::Io, errno, "poll");
        if (ready < 0) continue;
        if (ready == 0 && next) continue;  // something waits to be taken back: we stay
        if (ready == 0) return ServeEnd::Idle;
        if (fds[1].revents != 0) return ServeEnd::Stop;
        if (fds[2].revents != 0) {
            signalfd_siginfo taken{};
            if (::read(reload, &taken, sizeof taken) < 0) return ServeEnd::Stop;
            return ServeEnd::Reload;
        }
        Descriptor connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (connection) serve_connection(std::move(connection), actuator);
    }
}

}  // namespace homeostat
