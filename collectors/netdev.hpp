// NetdevCollector reads /proc/net/dev: traffic, errors and drops of each network interface.
//
// Source: net/core/net-procfs.c. The loopback, the host ends of containers' and machines' links
// (they come and go with each of them), and interfaces that never saw a packet are left out.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

struct NetdevDirection {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t errors = 0;
    std::uint64_t drops = 0;
    std::uint64_t fifo_errors = 0;
};

struct NetdevCounts {
    std::string_view name;
    NetdevDirection received;
    NetdevDirection sent;
    std::uint64_t carrier_errors = 0;
};

// Calls `interface` for each line after the two of the head. Errc::Parse at a line without a colon
// or with fewer than 16 numbers.
Status parse_netdev(std::string_view text, FunctionRef<void(const NetdevCounts&)> interface);

// False for the loopback and for interfaces that belong to a container or a virtual machine.
bool is_host_interface(std::string_view name);

class NetdevCollector final : public Collector {
public:
    static constexpr std::uint32_t kInterfacesMax = 64;  // more: interfaces_untracked_count

    explicit NetdevCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile file_{"proc/net/dev"};
};

}  // namespace homeostat
