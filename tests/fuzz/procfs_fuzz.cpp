// Every parser of a /proc, /sys or cgroup file, on the same text.
#include <cstdint>
#include <string_view>

#include "collectors/block_health.hpp"
#include "collectors/cgroup_files.hpp"
#include "collectors/conntrack.hpp"
#include "collectors/cpu.hpp"
#include "collectors/diskstats.hpp"
#include "collectors/filesystem_errors.hpp"
#include "collectors/limits.hpp"
#include "collectors/loadavg.hpp"
#include "collectors/meminfo.hpp"
#include "collectors/netdev.hpp"
#include "collectors/netstat.hpp"
#include "collectors/pressure.hpp"
#include "collectors/process_files.hpp"
#include "collectors/sockstat.hpp"
#include "collectors/softnet.hpp"
#include "collectors/uptime.hpp"
#include "collectors/vmstat.hpp"

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
    return 0;
}
