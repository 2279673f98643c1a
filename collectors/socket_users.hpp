// socket_users tells who holds the sockets that an incident on the network is about, and with whom
// they talk: the server that does not accept, the reader that is too slow, who waits for an answer.
//
// One look at the kernel's tables of sockets, up to a bound, and one through processes' open files,
// as when the writers of a full disk are looked for. Of more sockets than it keeps, those that
// matter most stand for the rest. Sources: proc_pid_net(5), proc_pid_fd(5).
#pragma once

#include "collectors/process_table.hpp"
#include "core/files.hpp"

namespace homeostat {

enum class SocketTrouble : std::uint8_t {
    NotAccepted,  // listeners with connections that wait
    NotRead,      // UDP sockets that lost datagrams and have a full buffer
    NotAnswered,  // TCP sockets that ask for a connection
    Resent,       // TCP sockets that wait for a confirmation, most of all those that ask again
    Held,         // bytes in queues of TCP sockets
    AsksNames,    // UDP sockets to a name server
    Any,          // TCP connections, also those that are over and keep their port
};

struct SocketUsers {
    // Who holds most of them first: `sockets` is how many (of NotAccepted connections, of NotRead
    // datagrams, of Held bytes), `share` which part of all that were found with an owner.
    ProcessList processes;
    FixedString<47> peer;   // the address at the other end of most of them: "192.0.2.7"
    double peer_share = 0;  // of all that were found
    double found = 0;       // of all: the same unit as `sockets`
};

// `buffer` (64 KiB or more) holds a part of the tables and one link at a time.
SocketUsers socket_users(ProcessTable& processes, const Root& root, const Files& files,
                         SocketTrouble trouble, std::span<char> buffer);

// "0100007F:1F90" as "127.0.0.1"; empty for what is no such address, and for the one of nobody.
FixedString<47> peer_address(std::string_view remote);

}  // namespace homeostat
