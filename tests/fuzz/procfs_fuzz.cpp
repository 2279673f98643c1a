// Every parser of a /proc, /sys or cgroup file, on the same text.
#include <cstdint>
#include <string_view>

#include "collectors/block_caches.hpp"
#include "collectors/block_health.hpp"
#include "collectors/bonding.hpp"
#include "collectors/cgroup_files.hpp"
#include "collectors/conntrack.hpp"
#include "collectors/cpu.hpp"
#include "collectors/cpufreq.hpp"
#include "collectors/deleted_files.hpp"
#include "collectors/diskstats.hpp"
#include "collectors/filesystem_errors.hpp"
#include "collectors/fstab.hpp"
#include "collectors/gpu_errors.hpp"
#include "collectors/ipc.hpp"
#include "collectors/limits.hpp"
#include "collectors/loadavg.hpp"
#include "collectors/login_records.hpp"
#include "collectors/machine_checks.hpp"
#include "collectors/meminfo.hpp"
#include "collectors/neighbours.hpp"
#include "collectors/netdev.hpp"
#include "collectors/netstat.hpp"
#include "collectors/nfs_client.hpp"
#include "collectors/pcie_errors.hpp"
#include "collectors/pressure.hpp"
#include "collectors/process_files.hpp"
#include "collectors/routes.hpp"
#include "collectors/sockstat.hpp"
#include "collectors/softnet.hpp"
#include "collectors/uptime.hpp"
#include "collectors/vmstat.hpp"
#include "collectors/xfs.hpp"
#include "collectors/zfs.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)parse_stat(text, [](std::uint32_t, const CpuTimes&) {});
    (void)parse_diskstats(text, [](const DiskCounts&) {});
    (void)parse_loadavg(text);
    (void)parse_meminfo(text);
    (void)parse_netdev(text, [](const NetdevCounts&) {});
    (void)parse_pressure(text);
    (void)parse_uptime(text);
    (void)parse_vmstat(text);
    (void)parse_process_stat(text);
    (void)parse_written_bytes(text);
    (void)is_open_for_writing(text);
    (void)parse_disk_read_bytes(text);
    (void)parse_open_files_limit(text);
    (void)parse_mount_id(text);
    (void)parse_device_number(text);
    (void)kstat_value(text, "size");
    (void)parse_zram_use(text);
    (void)unit_of_cgroup(text);
    (void)parse_netstat(text, [](std::string_view, std::string_view, std::uint64_t) {});
    (void)parse_sockstat(text);
    (void)parse_softnet(text);
    (void)sum_stat_column(text, "drop");
    (void)parse_file_nr(text);
    (void)parse_thread_count(text);
    (void)parse_io_stat(text);
    (void)keyed_number(text, "oom_kill");
    (void)parse_limit(text);
    (void)sum_of_counts(text);
    (void)parse_hexadecimal_or_decimal(text);
    (void)first_stat_column(text, "entries");
    (void)parse_bonding(text);
    (void)count_default_routes_ipv4(text);
    (void)count_default_routes_ipv6(text);
    (void)parse_mountstats(text, [](const NfsMountCounts&) {});
    (void)parse_fstab(text, [](std::string_view) {});
    (void)xfs_stat(text, "log", 2);
    (void)count_cpu_list(text);
    (void)parse_aer_total(text);
    (void)sum_interrupt_row(text, "MCE");
    (void)parse_gpu_errors(text);
    (void)parse_sysvipc_sem(text);
    (void)parse_key_users(text);
    (void)parse_blkio_bytes(text);
    (void)parse_login_record(text, true);
    (void)parse_login_record(text.substr(0, login_record_bytes()), false);
    return 0;
}
