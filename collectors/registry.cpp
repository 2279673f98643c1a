#include "collectors/registry.hpp"

#include <array>

#include "collectors/block_health.hpp"
#include "collectors/conntrack.hpp"
#include "collectors/cpu.hpp"
#include "collectors/diskstats.hpp"
#include "collectors/filesystem_errors.hpp"
#include "collectors/kernel_health.hpp"
#include "collectors/limits.hpp"
#include "collectors/links.hpp"
#include "collectors/loadavg.hpp"
#include "collectors/meminfo.hpp"
#include "collectors/memory_errors.hpp"
#include "collectors/mounts.hpp"
#include "collectors/netdev.hpp"
#include "collectors/netstat.hpp"
#include "collectors/pressure.hpp"
#include "collectors/processes.hpp"
#include "collectors/reboot.hpp"
#include "collectors/self.hpp"
#include "collectors/sensors.hpp"
#include "collectors/sockstat.hpp"
#include "collectors/softnet.hpp"
#include "collectors/throttling.hpp"
#include "collectors/timex.hpp"
#include "collectors/units.hpp"
#include "collectors/uptime.hpp"
#include "collectors/vmstat.hpp"

namespace homeostat {
namespace {

template <typename T>
CollectorRow row(std::string_view name, Duration interval, std::string_view summary) {
    return {name, summary, interval, T::metrics(), [](Workbench& bench) {
                return std::unique_ptr<Collector>(std::make_unique<T>(bench));
            }};
}

}  // namespace

std::span<const CollectorRow> collector_rows() {
    static const std::array rows{
        row<CpuCollector>("cpu", seconds(1), "time per mode and core, context switches, forks"),
        row<MeminfoCollector>("meminfo", seconds(1), "memory and swap by use"),
        row<VmstatCollector>("vmstat", seconds(1), "paging, reclaim, memory kills"),
        row<LoadAvgCollector>("loadavg", seconds(1), "load averages"),
        row<PressureCollector>("pressure", seconds(1), "stalls for want of CPU, memory and I/O"),
        row<DiskstatsCollector>("diskstats", seconds(1), "disk traffic, latency, queues"),
        row<NetdevCollector>("netdev", seconds(1), "interface traffic, errors, drops"),
        row<MountsCollector>("mounts", seconds(2), "space and inodes of local file systems"),
        row<ProcessesCollector>("processes", seconds(5), "process counts; the table of culprits"),
        row<NetstatCollector>("netstat", seconds(1), "TCP and UDP traffic, errors, full queues"),
        row<SockstatCollector>("sockstat", seconds(1), "sockets and the memory they hold"),
        row<SoftnetCollector>("softnet", seconds(1),
                              "packets that the cores could not keep up with"),
        row<UnitsCollector>("units", seconds(5), "CPU, memory, I/O, tasks of each systemd service"),
        row<ConntrackCollector>("conntrack", seconds(5), "the table of tracked connections"),
        row<LinksCollector>("links", seconds(5), "carrier, flapping, speed of interfaces"),
        row<LimitsCollector>("limits", seconds(10), "file handles, process ids, asynchronous I/O"),
        row<KernelHealthCollector>("kernel_health", seconds(10),
                                   "oopses, lock-ups, hung tasks, taint"),
        row<ThrottlingCollector>("throttling", seconds(10), "cores slowed down by heat"),
        row<TimexCollector>("timex", seconds(10), "how well the wall clock is steered"),
        row<SensorsCollector>("sensors", seconds(30), "temperatures against their limits, fans"),
        row<MemoryErrorsCollector>("memory_errors", seconds(30), "memory errors, corrected or not"),
        row<BlockHealthCollector>("block_health", seconds(30), "RAID members, disk errors"),
        row<FilesystemErrorsCollector>("filesystem_errors", seconds(30),
                                       "errors that ext4 and btrfs found"),
        row<RebootCollector>("reboot", seconds(60), "whether an update waits for a reboot"),
        row<UptimeCollector>("uptime", seconds(10), "time since boot"),
        row<SelfCollector>("self", seconds(10), "what Homeostat itself uses"),
    };
    return rows;
}

const CollectorRow* find_collector(std::string_view name) {
    for (const CollectorRow& row : collector_rows()) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

}  // namespace homeostat
