#include "collectors/socket_users.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "collectors/ports.hpp"
#include "collectors/process_files.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr std::uint16_t kEstablished = 0x01;
constexpr std::uint16_t kAsks = 0x02;     // SYN_SENT
constexpr std::uint16_t kIsAsked = 0x03;  // SYN_RECV
constexpr std::uint16_t kListens = 0x0A;
constexpr double kAskedAgain = 8;         // a socket that timed out tells more than one that waits
constexpr std::size_t kLinkBytes = 4096;  // of the buffer: for the links in /proc/PID/fd
constexpr std::size_t kBytesMax = 512 * 1024;      // of each table: some 3,500 sockets
constexpr std::uint32_t kDescriptorsMax = 20'000;  // some 5 us each: a tenth of a second

double weight_of(const SocketLine& socket, SocketTrouble trouble) {
    switch (trouble) {
        case SocketTrouble::NotAccepted:
            return socket.state == kListens ? as_double(socket.queued_in) : 0;
        case SocketTrouble::NotRead: return socket.queued_in > 0 ? as_double(socket.dropped) : 0;
        case SocketTrouble::NotAnswered:
            return socket.state == kAsks || socket.state == kIsAsked ? 1 : 0;
        case SocketTrouble::Resent:
            if (socket.state != kEstablished && socket.state != kAsks) return 0;
            if (socket.resent > 0) return kAskedAgain * as_double(socket.resent);
            return socket.queued_out > 0 ? 1 : 0;
        case SocketTrouble::Held:
            return socket.state == kListens ? 0 : as_double(socket.queued_in + socket.queued_out);
        case SocketTrouble::AsksNames:
            return socket.state == kEstablished && socket.remote.ends_with(":0035") ? 1 : 0;
        case SocketTrouble::Any: return socket.state == kListens ? 0 : 1;
    }
    return 0;
}

// The sockets in question, the heaviest of them by name, and who is at the other end.
class Gathering {
public:
    explicit Gathering(SocketTrouble trouble) : trouble_(trouble) {}

    void take(std::string_view text) {
        for (std::string_view line; next_line(text, line);) {
            const auto socket = parse_socket_line(line);
            const double weight = socket ? weight_of(*socket, trouble_) : 0;
            if (weight <= 0) continue;
            total_ += weight;
            keep(socket->inode, weight);
            count_peer(socket->remote.substr(0, socket->remote.find(':')), weight);
        }
    }

    // The weight of the socket that this link names; 0 when it is none of ours, or was asked for
    // before: a server's master has the sockets of its workers, and systemd those that it handed
    // on.
    double take_link(std::string_view link) {
        constexpr std::string_view kSocket = "socket:[";
        if (!link.starts_with(kSocket)) return 0;
        link.remove_prefix(kSocket.size());
        const auto inode = parse_u64(link.substr(0, link.find(']')));
        auto* found = std::find_if(kept_.begin(), kept_.end(),
                                   [&](const Kept& kept) { return kept.inode == inode; });
        return found == kept_.end() ? 0 : std::exchange(found->weight, 0);
    }

    [[nodiscard]] double total() const { return total_; }
    [[nodiscard]] bool has_owners() const { return !kept_.empty(); }
    // What the kept ones stand for, each of them.
    [[nodiscard]] double scale() const {
        double kept = 0;
        for (const Kept& socket : kept_) kept += socket.weight;
        return kept > 0 ? total_ / kept : 0;
    }

    void name_peer(SocketUsers& users) const {
        const auto* most =
            std::max_element(peers_.begin(), peers_.end(),
                             [](const Peer& a, const Peer& b) { return a.weight < b.weight; });
        if (most == peers_.end() || total_ <= 0) return;
        users.peer = peer_address(most->address);
        users.peer_share = users.peer.empty() ? 0 : most->weight / total_;
    }

private:
    struct Kept {
        std::uint64_t inode = 0;
        double weight = 0;
    };
    struct Peer {
        FixedString<39> address;  // as the kernel writes it
        double weight = 0;
    };

    void keep(std::uint64_t inode, double weight) {
        if (inode == 0) return;  // nobody's any more
        if (kept_.push({inode, weight})) return;
        auto* least =
            std::min_element(kept_.begin(), kept_.end(),
                             [](const Kept& a, const Kept& b) { return a.weight < b.weight; });
        if (least->weight < weight) *least = {inode, weight};
    }

    void count_peer(std::string_view address, double weight) {
        for (Peer& peer : peers_) {
            if (peer.address != address) continue;
            peer.weight += weight;
            return;
        }
        if (peers_.push({address, weight})) return;
        // Who has come once gives way; who comes often stays.
        auto* least =
            std::min_element(peers_.begin(), peers_.end(),
                             [](const Peer& a, const Peer& b) { return a.weight < b.weight; });
        *least = {address, weight};
    }

    SocketTrouble trouble_;
    double total_ = 0;
    FixedVector<Kept, 64> kept_;
    FixedVector<Peer, 16> peers_;
};

// The kernel gives a page or so at a time; a line that is cut at the end is no line.
void read_table(const Files& files, const char* path, std::span<char> buffer,
                Gathering& gathering) {
    OpenFile file;
    if (!files.open(path, file)) return;  // a kernel may lack IPv6
    std::size_t size = 0;
    while (size < buffer.size()) {
        const auto text = files.read_at(file, size, buffer.subspan(size));
        if (!text || text->empty()) break;
        size += text->size();
    }
    gathering.take({buffer.data(), size});
}

}  // namespace

FixedString<47> peer_address(std::string_view remote) {
    constexpr std::size_t kWordDigits = 8;
    remote = remote.substr(0, remote.find(':'));
    const std::size_t words = remote.size() / kWordDigits;
    if (remote.size() % kWordDigits != 0 || (words != 1 && words != 4)) return {};
    std::array<std::uint32_t, 4> bytes{};
    bool anybody = false;
    for (std::size_t i = 0; i < words; ++i) {
        const auto word = parse_u64(remote.substr(i * kWordDigits, kWordDigits), 16);
        if (!word) return {};
        bytes[i] = static_cast<std::uint32_t>(*word);  // as it lies in memory
        anybody = anybody || *word != 0;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = words == 1 ? AF_INET : AF_INET6;
    if (!anybody || inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return {};
    constexpr std::string_view kMapped = "::ffff:";
    std::string_view name(text.data());
    if (name.starts_with(kMapped)) name.remove_prefix(kMapped.size());
    return FixedString<47>(name);
}

SocketUsers socket_users(ProcessTable& processes, const Root& root, const Files& files,
                         SocketTrouble trouble, std::span<char> buffer) {
    SocketUsers users;
    if (buffer.size() <= kLinkBytes) return users;
    const std::span<char> table = buffer.first(std::min(kBytesMax, buffer.size() - kLinkBytes));
    Gathering gathering(trouble);
    const bool udp = trouble == SocketTrouble::NotRead || trouble == SocketTrouble::AsksNames;
    read_table(files, udp ? "proc/net/udp" : "proc/net/tcp", table, gathering);
    read_table(files, udp ? "proc/net/udp6" : "proc/net/tcp6", table, gathering);
    users.found = gathering.total();
    gathering.name_peer(users);
    if (!gathering.has_owners()) return users;
    const double scale = gathering.scale();
    std::uint32_t looked_at = 0;
    const auto held_by = [&](std::int32_t pid) {
        double held = 0;
        (void)root.list(process_path(pid, "fd").c_str(), [&](std::string_view descriptor) {
            if (looked_at == kDescriptorsMax) return false;
            ++looked_at;
            FixedString<63> path = process_path(pid, "fd/");
            path.append(descriptor);
            const auto link = root.read_link(path.c_str(), buffer.last(kLinkBytes));
            if (link) held += gathering.take_link(*link);
            return true;
        });
        return scale * held;
    };
    users.processes = processes.leaders_by(held_by, root, buffer);
    double total = 0;
    for (const ProcessUse& process : users.processes) total += process.sockets;
    for (ProcessUse& process : users.processes) {
        process.share = total > 0 ? process.sockets / total : 0;
    }
    return users;
}

}  // namespace homeostat
