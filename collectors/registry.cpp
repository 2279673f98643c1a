#include "collectors/registry.hpp"

#include <array>

#include "collectors/block_caches.hpp"
#include "collectors/block_health.hpp"
#include "collectors/bonding.hpp"
#include "collectors/btrfs.hpp"
#include "collectors/certificates.hpp"
#include "collectors/clocksource.hpp"
#include "collectors/conntrack.hpp"
#include "collectors/cpu.hpp"
#include "collectors/cpufreq.hpp"
#include "collectors/deleted_files.hpp"
#include "collectors/device_mapper.hpp"
#include "collectors/disk_state.hpp"
#include "collectors/diskstats.hpp"
#include "collectors/fabric.hpp"
#include "collectors/failed_units.hpp"
#include "collectors/file_changes.hpp"
#include "collectors/filesystem_errors.hpp"
#include "collectors/fstab.hpp"
#include "collectors/gpu_errors.hpp"
#include "collectors/ipc.hpp"
#include "collectors/journald.hpp"
#include "collectors/kernel_health.hpp"
#include "collectors/kmsg.hpp"
#include "collectors/limits.hpp"
#include "collectors/links.hpp"
#include "collectors/loadavg.hpp"
#include "collectors/log_files.hpp"
#include "collectors/login_records.hpp"
#include "collectors/machine_checks.hpp"
#include "collectors/meminfo.hpp"
#include "collectors/memory_errors.hpp"
#include "collectors/mounts.hpp"
#include "collectors/neighbours.hpp"
#include "collectors/netdev.hpp"
#include "collectors/netstat.hpp"
#include "collectors/nfs_client.hpp"
#include "collectors/packages.hpp"
#include "collectors/pcie_errors.hpp"
#include "collectors/ports.hpp"
#include "collectors/power_supply.hpp"
#include "collectors/pressure.hpp"
#include "collectors/process_health.hpp"
#include "collectors/processes.hpp"
#include "collectors/pstore.hpp"
#include "collectors/reboot.hpp"
#include "collectors/routes.hpp"
#include "collectors/self.hpp"
#include "collectors/sensors.hpp"
#include "collectors/sockstat.hpp"
#include "collectors/softnet.hpp"
#include "collectors/sysctls.hpp"
#include "collectors/throttling.hpp"
#include "collectors/timex.hpp"
#include "collectors/units.hpp"
#include "collectors/uptime.hpp"
#include "collectors/vmstat.hpp"
#include "collectors/watchdog.hpp"
#include "collectors/xfs.hpp"
#include "collectors/zfs.hpp"

namespace homeostat {
namespace {

template <typename T>
CollectorRow row(std::string_view name, Duration interval, std::string_view summary) {
    return {name, summary, interval, T::metrics(), [](Workbench& bench) {
                return std::unique_ptr<Collector>(std::make_unique<T>(bench));
            }};
}

// The same for what most machines lack.
template <typename T>
CollectorRow special(std::string_view name, Duration interval, std::string_view summary) {
    CollectorRow made = row<T>(name, interval, summary);
    made.is_special = true;
    return made;
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
        row<ProcessHealthCollector>("process_health", seconds(5),
                                    "who is long at work, grows, or runs out of files"),
        row<NetstatCollector>("netstat", seconds(1), "TCP and UDP traffic, errors, full queues"),
        row<SockstatCollector>("sockstat", seconds(1), "sockets and the memory they hold"),
        row<SoftnetCollector>("softnet", seconds(1),
                              "packets that the cores could not keep up with"),
        row<UnitsCollector>("units", seconds(5),
                            "CPU, memory, I/O, tasks of each systemd service and container"),
        row<ConntrackCollector>("conntrack", seconds(5), "the table of tracked connections"),
        row<LinksCollector>("links", seconds(5), "carrier, flapping, speed of interfaces"),
        row<LimitsCollector>("limits", seconds(10), "file handles, process ids, asynchronous I/O"),
        row<KernelHealthCollector>("kernel_health", seconds(10),
                                   "oopses, lock-ups, hung tasks, taint"),
        row<KmsgCollector>("kmsg", seconds(1), "the kernel's log: known messages become events"),
        row<JournaldCollector>("journald", seconds(1),
                               "the journal: units that fail, logins, how much is logged"),
        row<FailedUnitsCollector>("failed_units", seconds(5), "which systemd units are failed"),
        row<LogFilesCollector>("log_files", seconds(1), "the log files that are configured"),
        row<LoginsCollector>("logins", seconds(5), "logins, where the journal may not be read"),
        row<FailedLoginsCollector>("failed_logins", seconds(5),
                                   "logins refused, where the journal may not be read"),
        row<PackagesCollector>("packages", seconds(5), "packages installed, upgraded, removed"),
        row<FileChangesCollector>("file_changes", seconds(1),
                                  "files changed below /etc and other configured directories"),
        row<DeletedFilesCollector>("deleted_files", seconds(10),
                                   "space that deleted files hold because they are open"),
        row<SysctlsCollector>("sysctls", seconds(60), "kernel parameters that somebody set"),
        row<PortsCollector>("ports", seconds(5), "ports that programs begin or stop to listen on"),
        special<ThrottlingCollector>("throttling", seconds(10), "cores slowed down by heat"),
        row<TimexCollector>("timex", seconds(10), "how well the wall clock is steered"),
        special<SensorsCollector>("sensors", seconds(30),
                                  "temperatures against their limits, fans"),
        special<MemoryErrorsCollector>("memory_errors", seconds(30),
                                       "memory errors, corrected or not"),
        special<BlockHealthCollector>("block_health", seconds(30), "RAID members, disk errors"),
        row<FilesystemErrorsCollector>("filesystem_errors", seconds(30),
                                       "errors that ext4 and btrfs found"),
        row<RoutesCollector>("routes", seconds(10), "whether there is a default route"),
        row<NeighboursCollector>("neighbours", seconds(10), "the tables of neighbours"),
        special<BondingCollector>("bonding", seconds(5), "members of bonds that are down"),
        special<NfsClientCollector>("nfs_client", seconds(10),
                                    "calls to NFS servers, and those repeated"),
        row<FstabCollector>("fstab", seconds(30), "mounts that should be there and are not"),
        special<DiskStateCollector>("disk_state", seconds(10), "disks the kernel lost"),
        special<DeviceMapperCollector>("device_mapper", seconds(10),
                                       "suspended devices, lost paths of multipath"),
        special<BlockCachesCollector>("block_caches", seconds(10), "zram and bcache"),
        special<BtrfsCollector>("btrfs", seconds(30), "space that btrfs gave to chunks"),
        special<XfsCollector>("xfs", seconds(10), "waits for the log of XFS"),
        special<ZfsCollector>("zfs", seconds(10), "pools and cache of ZFS"),
        special<FabricCollector>("fabric", seconds(10), "Fibre Channel, iSCSI, InfiniBand"),
        special<CpufreqCollector>("cpufreq", seconds(10), "clocks of the cores, cores offline"),
        special<MachineChecksCollector>("machine_checks", seconds(30),
                                        "what the processor reports of its own errors"),
        special<PcieErrorsCollector>("pcie_errors", seconds(60), "errors of PCI Express devices"),
        special<GpuErrorsCollector>("gpu_errors", seconds(60), "memory errors of graphics cards"),
        special<PowerSupplyCollector>("power_supply", seconds(30), "mains, batteries"),
        special<WatchdogCollector>("watchdog", seconds(10), "hardware watchdogs"),
        row<ClocksourceCollector>("clocksource", seconds(60), "a slow clock source, entropy"),
        row<IpcCollector>("ipc", seconds(10), "System V semaphores, keys"),
        special<PstoreCollector>("pstore", seconds(60), "records of an earlier crash"),
        row<CertificatesCollector>("certificates", seconds(600),
                                   "time left of certificates named in the config"),
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
