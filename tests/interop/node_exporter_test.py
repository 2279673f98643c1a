"""Our samples beside those of Debian's node_exporter, on the same live machine.

The exporter is read before and after our collectors run: a counter of ours must lie between its two
readings, a gauge near them. Every metric that both know is in PAIRS below.

Usage: node_exporter_test.py PATH/collect_probe   (from the top of the source tree)
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import check, skip  # noqa: E402

PROBE = sys.argv[1] if len(sys.argv) > 1 else ""
if not os.access(PROBE, os.X_OK):
    skip("no collect_probe program at '%s'" % PROBE)
SERVER = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
if not SERVER:
    skip("no node_exporter (Debian package prometheus-node-exporter)")

COUNTER, GAUGE, EXACT = "counter", "gauge", "exact"
LINE = re.compile(r"^(node_\w+)(?:\{(.*)\})? (\S+)$")

# (theirs, label that is our subject, ours, kind of subject, how to compare). A counter that counts
# in seconds or pages may differ by one unit of the kernel.
PAIRS = [
    ("node_load1", None, "load1", "host", GAUGE),
    ("node_load5", None, "load5", "host", GAUGE),
    ("node_load15", None, "load15", "host", GAUGE),
    ("node_context_switches_total", None, "context_switches_count", "host", COUNTER),
    ("node_intr_total", None, "interrupts_count", "host", COUNTER),
    ("node_forks_total", None, "forks_count", "host", COUNTER),
    ("node_boot_time_seconds", None, "boot_time_seconds", "host", EXACT),
    ("node_procs_running", None, "tasks_running_count", "host", GAUGE),
    ("node_procs_blocked", None, "tasks_blocked_count", "host", GAUGE),
    ("node_pressure_cpu_waiting_seconds_total", None, "pressure_cpu_some_seconds", "host", COUNTER),
    ("node_pressure_io_waiting_seconds_total", None, "pressure_io_some_seconds", "host", COUNTER),
    ("node_pressure_io_stalled_seconds_total", None, "pressure_io_full_seconds", "host", COUNTER),
    ("node_pressure_memory_waiting_seconds_total", None, "pressure_memory_some_seconds", "host",
     COUNTER),
    ("node_pressure_memory_stalled_seconds_total", None, "pressure_memory_full_seconds", "host",
     COUNTER),
    ("node_memory_MemTotal_bytes", None, "memory_total_bytes", "host", EXACT),
    ("node_memory_MemFree_bytes", None, "memory_free_bytes", "host", GAUGE),
    ("node_memory_MemAvailable_bytes", None, "memory_available_bytes", "host", GAUGE),
    ("node_memory_Buffers_bytes", None, "memory_buffers_bytes", "host", GAUGE),
    ("node_memory_Cached_bytes", None, "memory_cached_bytes", "host", GAUGE),
    ("node_memory_SwapTotal_bytes", None, "swap_total_bytes", "host", EXACT),
    ("node_memory_SwapFree_bytes", None, "swap_free_bytes", "host", GAUGE),
    ("node_memory_AnonPages_bytes", None, "memory_anonymous_bytes", "host", GAUGE),
    ("node_memory_Shmem_bytes", None, "memory_shmem_bytes", "host", GAUGE),
    ("node_memory_SReclaimable_bytes", None, "memory_slab_reclaimable_bytes", "host", GAUGE),
    ("node_memory_SUnreclaim_bytes", None, "memory_slab_unreclaimable_bytes", "host", GAUGE),
    ("node_memory_PageTables_bytes", None, "memory_page_tables_bytes", "host", GAUGE),
    ("node_memory_KernelStack_bytes", None, "memory_kernel_stack_bytes", "host", GAUGE),
    ("node_memory_CommitLimit_bytes", None, "memory_commit_limit_bytes", "host", EXACT),
    ("node_memory_Committed_AS_bytes", None, "memory_committed_bytes", "host", GAUGE),
    ("node_memory_HardwareCorrupted_bytes", None, "memory_hardware_corrupted_bytes", "host", EXACT),
    ("node_memory_HugePages_Total", None, "hugepages_total_count", "host", EXACT),
    ("node_vmstat_pgfault", None, "vm_faults_count", "host", COUNTER),
    ("node_vmstat_pgmajfault", None, "vm_major_faults_count", "host", COUNTER),
    ("node_vmstat_oom_kill", None, "oom_kills_count", "host", COUNTER),
    ("node_disk_reads_completed_total", "device", "disk_reads_count", "device", COUNTER),
    ("node_disk_read_bytes_total", "device", "disk_read_bytes", "device", COUNTER),
    ("node_disk_read_time_seconds_total", "device", "disk_read_seconds", "device", COUNTER),
    ("node_disk_writes_completed_total", "device", "disk_writes_count", "device", COUNTER),
    ("node_disk_written_bytes_total", "device", "disk_written_bytes", "device", COUNTER),
    ("node_disk_write_time_seconds_total", "device", "disk_write_seconds", "device", COUNTER),
    ("node_disk_io_time_seconds_total", "device", "disk_busy_seconds", "device", COUNTER),
    ("node_disk_io_time_weighted_seconds_total", "device", "disk_weighted_seconds", "device",
     COUNTER),
    ("node_disk_flush_requests_total", "device", "disk_flushes_count", "device", COUNTER),
    ("node_filesystem_size_bytes", "mountpoint", "filesystem_size_bytes", "mount", EXACT),
    ("node_filesystem_avail_bytes", "mountpoint", "filesystem_avail_bytes", "mount", GAUGE),
    ("node_filesystem_files", "mountpoint", "filesystem_files", "mount", EXACT),
    ("node_filesystem_readonly", "mountpoint", "filesystem_read_only", "mount", EXACT),
    ("node_network_receive_bytes_total", "device", "network_receive_bytes", "interface", COUNTER),
    ("node_network_receive_packets_total", "device", "network_receive_packets_count", "interface",
     COUNTER),
    ("node_network_receive_errs_total", "device", "network_receive_errors_count", "interface",
     COUNTER),
    ("node_network_receive_drop_total", "device", "network_receive_drops_count", "interface",
     COUNTER),
    ("node_network_transmit_bytes_total", "device", "network_transmit_bytes", "interface", COUNTER),
    ("node_network_transmit_packets_total", "device", "network_transmit_packets_count",
     "interface", COUNTER),
    ("node_network_transmit_errs_total", "device", "network_transmit_errors_count", "interface",
     COUNTER),
    ("node_network_carrier", "device", "network_carrier", "interface", EXACT),
    ("node_network_carrier_changes_total", "device", "network_carrier_changes_count", "interface",
     COUNTER),
    ("node_netstat_Tcp_ActiveOpens", None, "tcp_active_opens_count", "host", COUNTER),
    ("node_netstat_Tcp_PassiveOpens", None, "tcp_passive_opens_count", "host", COUNTER),
    ("node_netstat_Tcp_CurrEstab", None, "tcp_established_count", "host", GAUGE),
    ("node_netstat_Tcp_InSegs", None, "tcp_segments_received_count", "host", COUNTER),
    ("node_netstat_Tcp_OutSegs", None, "tcp_segments_sent_count", "host", COUNTER),
    ("node_netstat_Tcp_RetransSegs", None, "tcp_segments_retransmitted_count", "host", COUNTER),
    ("node_netstat_Tcp_InErrs", None, "tcp_receive_errors_count", "host", COUNTER),
    ("node_netstat_TcpExt_ListenDrops", None, "tcp_listen_drops_count", "host", COUNTER),
    ("node_netstat_TcpExt_ListenOverflows", None, "tcp_listen_overflows_count", "host", COUNTER),
    ("node_netstat_TcpExt_TCPSynRetrans", None, "tcp_syn_retransmits_count", "host", COUNTER),
    ("node_netstat_TcpExt_TCPTimeouts", None, "tcp_timeouts_count", "host", COUNTER),
    ("node_netstat_Udp_InDatagrams", None, "udp_datagrams_received_count", "host", COUNTER),
    ("node_netstat_Udp_InErrors", None, "udp_receive_errors_count", "host", COUNTER),
    ("node_netstat_Udp_NoPorts", None, "udp_no_port_count", "host", COUNTER),
    ("node_netstat_Udp_OutDatagrams", None, "udp_datagrams_sent_count", "host", COUNTER),
    ("node_netstat_Udp_RcvbufErrors", None, "udp_receive_buffer_errors_count", "host", COUNTER),
    ("node_netstat_Udp_SndbufErrors", None, "udp_send_buffer_errors_count", "host", COUNTER),
    ("node_sockstat_sockets_used", None, "sockets_used_count", "host", GAUGE),
    ("node_sockstat_TCP_inuse", None, "tcp_sockets_count", "host", GAUGE),
    ("node_sockstat_TCP_orphan", None, "tcp_orphans_count", "host", GAUGE),
    ("node_sockstat_TCP_tw", None, "tcp_time_wait_count", "host", GAUGE),
    ("node_sockstat_UDP_inuse", None, "udp_sockets_count", "host", GAUGE),
    ("node_filefd_allocated", None, "file_handles_used_count", "host", GAUGE),
    ("node_nf_conntrack_entries", None, "conntrack_entries_count", "host", GAUGE),
    ("node_timex_sync_status", None, "clock_synchronised", "host", EXACT),
    ("node_timex_maxerror_seconds", None, "clock_error_max_seconds", "host", GAUGE),
    ("node_timex_offset_seconds", None, "clock_offset_seconds", "host", GAUGE),
    ("node_entropy_available_bits", None, "entropy_available_bits", "host", GAUGE),
]

# Sums of theirs over a label, which we report as one; CPU time as the mean of the cores.
SUMS = [
    ("node_softnet_processed_total", {}, "softnet_processed_count"),
    ("node_softnet_dropped_total", {}, "softnet_drops_count"),
    ("node_softnet_times_squeezed_total", {}, "softnet_squeezes_count"),
    ("node_cpu_seconds_total", {"mode": "user"}, "cpu_user_seconds"),
    ("node_cpu_seconds_total", {"mode": "system"}, "cpu_system_seconds"),
    ("node_cpu_seconds_total", {"mode": "nice"}, "cpu_nice_seconds"),
    ("node_cpu_seconds_total", {"mode": "irq"}, "cpu_irq_seconds"),
    ("node_cpu_seconds_total", {"mode": "softirq"}, "cpu_softirq_seconds"),
    ("node_cpu_seconds_total", {"mode": "steal"}, "cpu_steal_seconds"),
]

TICK = 0.05  # seconds: five units in which the kernel counts CPU time, for each core's rounding
NEAR = 0.35  # a gauge moves between two reads: memory, sockets, load on a busy machine


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def parse(text):
    samples = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match:
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
            samples.setdefault(match.group(1), []).append((labels, float(match.group(3))))
    return samples


def scrape(port):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10) as answer:
        return parse(answer.read().decode())


def wait_until_up(port, process):
    for _ in range(100):
        if process.poll() is not None:
            return False
        try:
            scrape(port)
            return True
        except OSError:
            time.sleep(0.1)
    return False


def within(how, before, ours, after):
    low, high = min(before, after), max(before, after)
    if how == EXACT:
        return ours in (before, after)
    if how == COUNTER:
        return low - TICK <= ours <= high + TICK
    slack = max(NEAR * max(abs(low), abs(high)), 2)
    return low - slack <= ours <= high + slack


def total(samples, name, labels):
    return sum(value for own, value in samples.get(name, [])
               if all(own.get(key) == value2 for key, value2 in labels.items()))


port = free_port()
server = subprocess.Popen([SERVER, "--web.listen-address=127.0.0.1:%d" % port],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    if not wait_until_up(port, server):
        skip("node_exporter does not start here")
    before = scrape(port)
    printed = subprocess.run([PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             timeout=60, check=True).stdout.decode()
    after = scrape(port)
finally:
    server.terminate()
    server.wait()

ours = {}
for line in printed.splitlines():
    metric, kind, subject, value = line.split("\t")
    ours[(metric, kind, subject)] = float(value)

compared, wrong, lacking = 0, [], []
for theirs, label, metric, kind, how in PAIRS:
    found = False
    for labels, first in before.get(theirs, []):
        second = [value for own, value in after.get(theirs, []) if own == labels]
        subject = labels[label] if label else ""
        value = ours.get((metric, kind, subject))
        if not second or value is None:
            continue
        found = True
        compared += 1
        if not within(how, first, value, second[0]):
            wrong.append("%s of %s: theirs %r then %r, ours (%s) %r"
                         % (theirs, subject or "the host", first, second[0], metric, value))
    if theirs in before and not found:
        lacking.append("%s: no %s of ours" % (theirs, metric))
cores = max(sum(own["mode"] == "idle" for own, _ in before.get("node_cpu_seconds_total", [])), 1)
for theirs, labels, metric in SUMS:
    if theirs not in before:
        continue
    compared += 1
    parts = cores if theirs == "node_cpu_seconds_total" else 1
    first, second = total(before, theirs, labels) / parts, total(after, theirs, labels) / parts
    value = ours.get((metric, "host", ""))
    if value is None or not within(COUNTER, first, value, second):
        wrong.append("%s%r: theirs %r then %r, ours %r" % (theirs, labels, first, second, value))

for line in wrong + lacking:
    print(line)
check(not wrong, "all %d values agree within the time between the reads" % compared)
check(not lacking, "each metric that both know has a value of ours")
check(compared >= 60, "at least 60 values were compared, not %d" % compared)
print("%d values compared" % compared)
