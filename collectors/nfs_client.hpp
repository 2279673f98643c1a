// NfsClientCollector reads how often this host asks its NFS servers again, in all and for each
// mount.
//
// An answer that never comes is asked for again; each "timeout" is such a wait that ran out.
// Nothing here touches the mount itself. Sources: net/sunrpc/stats.c (/proc/net/rpc/nfs),
// fs/nfs/super.c and net/sunrpc/stats.c (/proc/self/mountstats, statvers 1.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"
#include "core/function_ref.hpp"

namespace homeostat {

struct NfsMountCounts {
    std::string_view mount_point;  // a view into the text, blanks escaped
    std::uint64_t operations = 0;
    std::uint64_t transmissions = 0;  // more than operations: some were sent again
    std::uint64_t timeouts = 0;       // waits that ran out
    std::uint64_t execute_ms = 0;     // from the call to its end, all of them together
};

// Calls `mount` for each NFS mount of /proc/self/mountstats. What is no number ends that mount's
// count; mounts of other kinds are passed over.
void parse_mountstats(std::string_view text, FunctionRef<void(const NfsMountCounts&)> mount);

class NfsClientCollector final : public Collector {
public:
    explicit NfsClientCollector(Workbench& bench) : bench_(bench) {}
    // Errc::NotAvailable on a host that is no NFS client.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    Workbench& bench_;
};

}  // namespace homeostat
