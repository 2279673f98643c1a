// The actuator's socket: one connection at a time, one request, one answer.
#pragma once

#include <string>

#include "actions/actuator.hpp"
#include "actions/descriptor.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace homeostat {

// How long a caller may take to send its 64 bytes in all, or to take its answer. The watcher sends
// at once; whoever does not is holding up everybody else, a person's `pause` among them.
inline constexpr Duration kPeerPatience = seconds(1);
inline constexpr Duration kPersonPatience = seconds(5);

// A listening UNIX socket at `path`, for the owner only; root gives it to `owner`, the watcher. A
// socket that nobody listens on any more is replaced. Errc::Invalid when something else is there or
// somebody still listens.
Result<Descriptor> listen_at(const std::string& path, uid_t owner);

// The socket that systemd opened for us (sd_listen_fds(3): LISTEN_PID is ours, LISTEN_FDS is 1, it
// is descriptor 3). NotAvailable when it did not. Programs that we start do not get it.
Result<Descriptor> inherited_socket(const char* listen_pid, const char* listen_fds, pid_t self);

// Reads one request from the connection, answers it and closes it. Bad bytes, too few, too many,
// too slow, a caller that is gone: each is refused or given up, none stops the server. `longest`
// makes us less patient.
void serve_connection(Descriptor connection, Actuator& actuator,
                      Duration longest = kPersonPatience);

enum class ServeEnd : std::uint8_t {
    Idle,    // nobody came for the given time
    Stop,    // SIGTERM or SIGINT
    Reload,  // SIGHUP: read the files again and go on
};

// Serves until one of the ends. `stop` becomes readable on SIGTERM or SIGINT, `reload` on SIGHUP;
// what is read from `reload` is taken. A zero `idle_exit` waits for ever. While something waits to
// be taken back (Actuator::settle) it is never idle.
Result<ServeEnd> serve(const Descriptor& listener, Actuator& actuator, int stop, int reload,
                       Duration idle_exit);

}  // namespace homeostat
