"""What Homeostat and node_exporter both know: for each metric of ours, how its value follows from theirs.

A row is (metric of ours, kind of subject, how to compare, reading). A reading takes node_exporter's
samples, {name: [(labels, value)]}, and gives {subject: value}; nothing where they lack the source.
"""

import os

# ONCE: a gauge, of the live machine only. MOMENT, QUEUE: another number at every look.
COUNTER, GAUGE, EXACT, ONCE, MOMENT, QUEUE = (
    "counter", "gauge", "exact", "once", "moment", "queue")


def value(name, by=None, where=None, scale=1.0, join=sum):
    """Values of one metric: per label `by`, of those whose labels are as in `where`."""
    wanted = where or {}

    def read(samples):
        found = {}
        for labels, number in samples.get(name, []):
            if all(labels.get(key) in (allowed if isinstance(allowed, tuple) else (allowed,))
                   for key, allowed in wanted.items()):
                found.setdefault(labels[by] if by else "", []).append(number * scale)
        return {subject: join(numbers) for subject, numbers in found.items()}
    return read


def of(function, *readings):
    """A value computed from several readings of the same subject."""
    def read(samples):
        parts = [reading(samples) for reading in readings]
        common = set(parts[0]).intersection(*parts[1:])
        results = {subject: function(*(part[subject] for part in parts)) for subject in common}
        return {subject: result for subject, result in results.items() if result is not None}
    return read


def renamed(reading, names):
    """With the subjects that `names` finds for theirs."""
    return lambda samples: {names(samples, subject): number
                            for subject, number in reading(samples).items()}


def cores(samples):
    return {"": float(len(value("node_cpu_seconds_total", by="cpu")(samples)))}


def share(part, whole):
    return part / whole if whole > 0 else None


def used(left, whole):
    return 1 - left / whole if whole > 0 else None


def quotient(number, divisor):
    return number / divisor


def page_bytes():
    return float(os.sysconf("SC_PAGESIZE"))


def host(name, how, ours, **options):
    return (ours, "host", how, value(name, **options))


BUSY = ("user", "nice", "system", "irq", "softirq", "steal")


def mode(*modes):
    return value("node_cpu_seconds_total", where={"mode": modes})


def cpu_rows():
    rows = [("cpu_%s_seconds" % name, "host", COUNTER, of(quotient, mode(name), cores))
            for name in BUSY]
    # Not reliable, proc(5) says: with or without the core that idles, it may go back a little.
    rows += [("cpu_%s_seconds" % name, "host", GAUGE, of(quotient, mode(name), cores))
             for name in ("idle", "iowait")]
    guest = value("node_cpu_guest_seconds_total", where={"mode": "user"})
    return rows + [
        ("cpu_guest_seconds", "host", COUNTER, of(quotient, guest, cores)),
        ("cpu_busy_seconds", "host", COUNTER, of(quotient, mode(*BUSY), cores)),
        ("cpu_online_count", "host", EXACT, cores),
        ("core_busy_seconds", "core", COUNTER,
         value("node_cpu_seconds_total", by="cpu", where={"mode": BUSY})),
        ("core_interrupt_seconds", "core", COUNTER,
         value("node_cpu_seconds_total", by="cpu", where={"mode": ("irq", "softirq")})),
        host("node_load1", GAUGE, "load1"),
        host("node_load5", GAUGE, "load5"),
        host("node_load15", GAUGE, "load15"),
        host("node_context_switches_total", COUNTER, "context_switches_count"),
        host("node_intr_total", COUNTER, "interrupts_count"),
        host("node_forks_total", COUNTER, "forks_count"),
        host("node_boot_time_seconds", EXACT, "boot_time_seconds"),
        host("node_procs_running", MOMENT, "tasks_running_count"),
        host("node_procs_blocked", MOMENT, "tasks_blocked_count"),
        host("node_softnet_processed_total", COUNTER, "softnet_processed_count"),
        host("node_softnet_dropped_total", COUNTER, "softnet_drops_count"),
        host("node_softnet_times_squeezed_total", COUNTER, "softnet_squeezes_count"),
        host("node_cpu_core_throttles_total", COUNTER, "cpu_core_throttles_count"),
        host("node_cpu_package_throttles_total", COUNTER, "cpu_package_throttles_count"),
    ]


def pressure_rows():
    kinds = {"cpu_some": "cpu_waiting", "io_some": "io_waiting", "io_full": "io_stalled",
             "memory_some": "memory_waiting", "memory_full": "memory_stalled"}
    return [host("node_pressure_%s_seconds_total" % theirs, COUNTER, "pressure_%s_seconds" % ours)
            for ours, theirs in kinds.items()]


def memory_rows():
    gauges = {"free": "MemFree", "available": "MemAvailable", "buffers": "Buffers",
              "cached": "Cached", "anonymous": "AnonPages", "shmem": "Shmem", "dirty": "Dirty",
              "writeback": "Writeback", "slab_reclaimable": "SReclaimable",
              "slab_unreclaimable": "SUnreclaim", "page_tables": "PageTables",
              "kernel_stack": "KernelStack", "locked": "Mlocked", "committed": "Committed_AS"}
    constants = {"total": "MemTotal", "commit_limit": "CommitLimit",
                 "hardware_corrupted": "HardwareCorrupted"}
    swap = {"total": EXACT, "free": GAUGE, "cached": GAUGE}
    total, available = value("node_memory_MemTotal_bytes"), value("node_memory_MemAvailable_bytes")
    left, all_swap = value("node_memory_SwapFree_bytes"), value("node_memory_SwapTotal_bytes")
    counts = {"vm_faults_count": ("pgfault", 1), "vm_major_faults_count": ("pgmajfault", 1),
              "oom_kills_count": ("oom_kill", 1), "vm_paged_in_bytes": ("pgpgin", 1024),
              "vm_paged_out_bytes": ("pgpgout", 1024), "swap_in_bytes": ("pswpin", page_bytes()),
              "swap_out_bytes": ("pswpout", page_bytes()),
              "vm_direct_scanned_bytes": ("pgscan_direct", page_bytes()),
              "vm_direct_reclaimed_bytes": ("pgsteal_direct", page_bytes()),
              "vm_kswapd_scanned_bytes": ("pgscan_kswapd", page_bytes()),
              "vm_compaction_stalls_count": ("compact_stall", 1)}
    return (
        [host("node_memory_%s_bytes" % theirs, GAUGE, "memory_%s_bytes" % ours)
         for ours, theirs in gauges.items()] +
        [host("node_memory_%s_bytes" % theirs, EXACT, "memory_%s_bytes" % ours)
         for ours, theirs in constants.items()] +
        [host("node_memory_Swap%s_bytes" % kind.capitalize(), how, "swap_%s_bytes" % kind)
         for kind, how in swap.items()] +
        [host("node_vmstat_%s" % theirs, COUNTER, ours, scale=scale)
         for ours, (theirs, scale) in counts.items()] +
        [host("node_memory_HugePages_Total", EXACT, "hugepages_total_count"),
         host("node_memory_HugePages_Free", GAUGE, "hugepages_free_count"),
         ("memory_available_ratio", "host", GAUGE, of(share, available, total)),
         ("swap_used_ratio", "host", GAUGE, of(used, left, all_swap)),
         ("vm_allocation_stalls_count", "host", COUNTER, sum_of("node_vmstat_allocstall")),
         ("vm_refaulted_bytes", "host", COUNTER,
          sum_of("node_vmstat_workingset_refault", page_bytes()))])


def sum_of(prefix, scale=1.0):
    """All metrics that begin so, added."""
    def read(samples):
        numbers = [number for name in samples if name.startswith(prefix)
                   for _, number in samples[name]]
        return {"": sum(numbers) * scale} if numbers else {}
    return read


def disk_rows():
    names = {"disk_reads_count": "reads_completed_total", "disk_read_bytes": "read_bytes_total",
             "disk_read_seconds": "read_time_seconds_total",
             "disk_writes_count": "writes_completed_total",
             "disk_written_bytes": "written_bytes_total",
             "disk_write_seconds": "write_time_seconds_total",
             "disk_busy_seconds": "io_time_seconds_total",
             "disk_weighted_seconds": "io_time_weighted_seconds_total",
             "disk_flushes_count": "flush_requests_total",
             "disk_flush_seconds": "flush_requests_time_seconds_total"}
    size = value("node_filesystem_size_bytes", by="mountpoint")
    free = value("node_filesystem_free_bytes", by="mountpoint")
    available = value("node_filesystem_avail_bytes", by="mountpoint")
    files = value("node_filesystem_files", by="mountpoint")
    files_free = value("node_filesystem_files_free", by="mountpoint")
    return (
        [(ours, "device", COUNTER, value("node_disk_" + theirs, by="device"))
         for ours, theirs in names.items()] +
        [("disk_in_flight_count", "device", QUEUE, value("node_disk_io_now", by="device")),
         ("filesystem_size_bytes", "mount", EXACT, size),
         ("filesystem_avail_bytes", "mount", GAUGE, available),
         # As df has it: of what users may have.
         ("filesystem_used_ratio", "mount", GAUGE,
          of(lambda whole, left, avail: share(whole - left, whole - left + avail),
             size, free, available)),
         ("filesystem_files", "mount", EXACT, files),
         ("filesystem_files_used_ratio", "mount", GAUGE, of(used, files_free, files)),
         ("filesystem_read_only", "mount", EXACT,
          value("node_filesystem_readonly", by="mountpoint"))])


def network_rows():
    rows = []
    for ours, theirs in (("receive", "receive"), ("transmit", "transmit")):
        kinds = {"bytes": "bytes", "packets_count": "packets", "errors_count": "errs",
                 "drops_count": "drop", "fifo_errors_count": "fifo"}
        rows += [("network_%s_%s" % (ours, kind), "interface", COUNTER,
                  value("node_network_%s_%s_total" % (theirs, name), by="device"))
                 for kind, name in kinds.items()]
    speed = value("node_network_speed_bytes", by="device")
    return rows + [
        ("network_transmit_carrier_errors_count", "interface", COUNTER,
         value("node_network_transmit_carrier_total", by="device")),
        ("network_carrier", "interface", EXACT, value("node_network_carrier", by="device")),
        ("network_carrier_changes_count", "interface", COUNTER,
         value("node_network_carrier_changes_total", by="device")),
        # They tell -1 Mbit/s of an interface without a speed.
        ("network_speed_bytes", "interface", EXACT,
         of(lambda bytes_a_second: bytes_a_second if bytes_a_second > 0 else None, speed)),
        ("network_half_duplex", "interface", EXACT,
         of(lambda half, known: 1.0 if half else 0.0, duplex("half"), duplex("half", "full"))),
        ("bond_members_count", "interface", EXACT, value("node_bonding_slaves", by="master")),
        ("bond_members_down_count", "interface", EXACT,
         of(lambda members, up: members - up, value("node_bonding_slaves", by="master"),
            value("node_bonding_active", by="master"))),
    ]


def duplex(*kinds):
    def read(samples):
        found = {}
        for labels, _ in samples.get("node_network_info", []):
            if labels.get("duplex") in ("half", "full"):
                found[labels["device"]] = float(labels["duplex"] in kinds)
        return found
    return read


def protocol_rows():
    tcp = {"active_opens": "Tcp_ActiveOpens", "passive_opens": "Tcp_PassiveOpens",
           "connect_failures": "Tcp_AttemptFails", "connection_resets": "Tcp_EstabResets",
           "segments_received": "Tcp_InSegs", "segments_sent": "Tcp_OutSegs",
           "segments_retransmitted": "Tcp_RetransSegs", "receive_errors": "Tcp_InErrs",
           "resets_sent": "Tcp_OutRsts", "listen_drops": "TcpExt_ListenDrops",
           "listen_overflows": "TcpExt_ListenOverflows", "syn_drops": "TcpExt_TCPReqQFullDrop",
           "syn_cookies": "TcpExt_TCPReqQFullDoCookies",
           "syn_retransmits": "TcpExt_TCPSynRetrans", "timeouts": "TcpExt_TCPTimeouts",
           "memory_pressures": "TcpExt_TCPMemoryPressures",
           "memory_aborts": "TcpExt_TCPAbortOnMemory"}
    udp = {"datagrams_received": "InDatagrams", "datagrams_sent": "OutDatagrams",
           "no_port": "NoPorts", "receive_errors": "InErrors",
           "receive_buffer_errors": "RcvbufErrors", "send_buffer_errors": "SndbufErrors"}
    sockets = {"sockets_used_count": "sockets_used", "tcp_sockets_count": "TCP_inuse",
               "tcp_orphans_count": "TCP_orphan", "tcp_time_wait_count": "TCP_tw",
               "udp_sockets_count": "UDP_inuse", "tcp_memory_bytes": "TCP_mem_bytes"}
    return (
        [host("node_netstat_" + theirs, COUNTER, "tcp_%s_count" % ours)
         for ours, theirs in tcp.items()] +
        [host("node_netstat_Udp_" + theirs, COUNTER, "udp_%s_count" % ours)
         for ours, theirs in udp.items()] +
        [host("node_sockstat_" + theirs, GAUGE, ours) for ours, theirs in sockets.items()] +
        [host("node_netstat_Tcp_CurrEstab", GAUGE, "tcp_established_count"),
         host("node_nf_conntrack_entries", GAUGE, "conntrack_entries_count"),
         ("conntrack_used_ratio", "host", GAUGE,
          of(share, value("node_nf_conntrack_entries"), value("node_nf_conntrack_entries_limit"))),
         host("node_nf_conntrack_stat_drop", COUNTER, "conntrack_drops_count"),
         host("node_nf_conntrack_stat_early_drop", COUNTER, "conntrack_early_drops_count"),
         host("node_nf_conntrack_stat_insert_failed", COUNTER, "conntrack_insert_failures_count"),
         host("node_lnstat_entries_total", GAUGE, "neighbours_ipv4_count",
              where={"subsystem": "arp_cache"}, join=max),
         host("node_lnstat_table_fulls_total", COUNTER, "neighbours_ipv4_overflows_count",
              where={"subsystem": "arp_cache"}),
         host("node_lnstat_entries_total", GAUGE, "neighbours_ipv6_count",
              where={"subsystem": "ndisc_cache"}, join=max),
         host("node_lnstat_table_fulls_total", COUNTER, "neighbours_ipv6_overflows_count",
              where={"subsystem": "ndisc_cache"}),
         host("node_nfs_rpcs_total", COUNTER, "nfs_calls_count"),
         host("node_nfs_rpc_retransmissions_total", COUNTER, "nfs_retransmits_count")])


def system_rows():
    pids, threads = value("node_processes_pids"), value("node_processes_threads")
    handles, most = value("node_filefd_allocated"), value("node_filefd_maximum")
    tasks_max = of(min, value("node_processes_max_processes"), value("node_processes_max_threads"))
    return [
        ("processes_count", "host", GAUGE, pids),
        ("threads_count", "host", GAUGE, threads),
        ("processes_uninterruptible_count", "host", GAUGE, state("D")),
        ("processes_zombie_count", "host", GAUGE, state("Z")),
        # Ours is of the whole machine, from its load average: over a recorded tree, of the recorder.
        ("pids_used_ratio", "host", ONCE, of(share, threads, tasks_max)),
        ("file_handles_used_count", "host", GAUGE, handles),
        ("file_handles_used_ratio", "host", GAUGE, of(share, handles, most)),
        ("entropy_available_bits", "host", GAUGE, value("node_entropy_available_bits")),
        # Of the running kernel, whatever tree is read.
        ("clock_synchronised", "host", ONCE, value("node_timex_sync_status")),
        ("clock_error_max_seconds", "host", ONCE, value("node_timex_maxerror_seconds")),
        ("clock_error_estimate_seconds", "host", ONCE,
         value("node_timex_estimated_error_seconds")),
        ("clock_offset_seconds", "host", ONCE, value("node_timex_offset_seconds")),
    ]


def state(letter):
    """They leave out a state that nobody is in."""
    def read(samples):
        if "node_processes_state" not in samples:
            return {}
        found = value("node_processes_state", where={"state": letter})(samples)
        return found or {"": 0.0}
    return read


def sensor(name):
    """theirs: chip and sensor as labels; ours: "CHIP-hwmonN/SENSOR"."""
    def read(samples):
        return {labels["chip"] + "/" + labels["sensor"]: number
                for labels, number in samples.get("node_hwmon_" + name, [])}
    return read


def hardware_rows():
    uuid = "uuid"
    metadata = {"block_group_type": "metadata"}
    return [
        ("sensor_temperature_celsius", "sensor", GAUGE, sensor("temp_celsius")),
        ("sensor_temperature_critical_ratio", "sensor", GAUGE,
         of(share, sensor("temp_celsius"), sensor("temp_crit_celsius"))),
        ("sensor_fan_rpm", "sensor", GAUGE, sensor("fan_rpm")),
        ("memory_errors_corrected_count", "host", COUNTER,
         value("node_edac_correctable_errors_total")),
        ("memory_errors_uncorrected_count", "host", COUNTER,
         value("node_edac_uncorrectable_errors_total")),
        ("raid_missing_members_count", "device", EXACT,
         of(lambda wanted, active: wanted - active,
            value("node_md_disks_required", by="device"),
            value("node_md_disks", by="device", where={"state": "active"}))),
        ("bcache_available_ratio", "device", GAUGE,
         value("node_bcache_cache_available_percent", by=uuid, scale=0.01)),
        ("bcache_read_races_count", "device", COUNTER,
         value("node_bcache_cache_read_races_total", by=uuid)),
        ("btrfs_metadata_used_ratio", "device", GAUGE,
         of(share, value("node_btrfs_used_bytes", by=uuid, where=metadata),
            value("node_btrfs_size_bytes", by=uuid, where=metadata))),
        ("zfs_arc_bytes", "host", GAUGE, value("node_zfs_arc_size")),
        ("zfs_arc_max_bytes", "host", EXACT, value("node_zfs_arc_c_max")),
        ("zfs_arc_throttles_count", "host", COUNTER, value("node_zfs_arc_memory_throttle_count")),
        ("zfs_pool_degraded", "device", EXACT,
         of(lambda online: 1 - online,
            value("node_zfs_zpool_state", by="zpool", where={"state": "online"}))),
        ("power_online", "sensor", EXACT, value("node_power_supply_online", by="power_supply")),
        ("battery_charge_ratio", "sensor", GAUGE,
         value("node_power_supply_capacity", by="power_supply", scale=0.01)),
        ("infiniband_symbol_errors_count", "device", COUNTER,
         port("node_infiniband_symbol_error_total")),
        ("infiniband_link_recoveries_count", "device", COUNTER,
         port("node_infiniband_link_error_recovery_total")),
        ("infiniband_link_downs_count", "device", COUNTER,
         port("node_infiniband_link_downed_total")),
        ("infiniband_receive_errors_count", "device", COUNTER,
         port("node_infiniband_port_receive_errors_total")),
    ]


def port(name):
    return lambda samples: {labels["device"] + "/" + labels["port"]: number
                            for labels, number in samples.get(name, [])}


def rows():
    return (cpu_rows() + pressure_rows() + memory_rows() + disk_rows() + network_rows() +
            protocol_rows() + system_rows() + hardware_rows())
