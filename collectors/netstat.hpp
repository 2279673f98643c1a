// NetstatCollector reads /proc/net/snmp and /proc/net/netstat: TCP's and UDP's own accounts.
//
// Sources: Documentation/networking/snmp_counter.rst, RFC 4022, RFC 4113. Lines come in pairs,
// names and then numbers, both after "Protocol:"; kernels add columns, so we look them up by name.
#pragma once

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

// Calls `field` with protocol, name and value of each column. Negative values (Tcp MaxConn is -1)
// are left out. Errc::Parse when a pair of lines does not match.
Status parse_netstat(std::string_view text,
                     FunctionRef<void(std::string_view, std::string_view, std::uint64_t)> field);

class NetstatCollector final : public Collector {
public:
    explicit NetstatCollector(Workbench& bench) : bench_(bench) {}
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
    KeptFile snmp_{"proc/net/snmp"};
    KeptFile netstat_{"proc/net/netstat"};
};

}  // namespace homeostat
