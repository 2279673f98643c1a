#include "collectors/exporter_catalogue.hpp"

#include <algorithm>
#include <array>

namespace homeostat {
namespace {

bool begins_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

bool ends_in(std::string_view text, std::string_view end) {
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

struct Override {
    std::string_view prefix;
    MetricKind kind;
};

// The first row that matches wins.
constexpr std::array kOverrides{
    Override{"node_netstat_Tcp_CurrEstab", MetricKind::Gauge},
    Override{"node_netstat_Tcp_MaxConn", MetricKind::Gauge},
    Override{"node_netstat_Tcp_Rto", MetricKind::Gauge},
    Override{"node_netstat_Ip_Forwarding", MetricKind::Gauge},
    Override{"node_netstat_Ip_DefaultTTL", MetricKind::Gauge},
    Override{"node_netstat_", MetricKind::Counter},
    Override{"node_vmstat_nr_", MetricKind::Gauge},
    Override{"node_vmstat_", MetricKind::Counter},
    Override{"node_nf_conntrack_stat_", MetricKind::Counter},
};

// Prefixes of node_exporter's names that our collectors cover. Not sensors and the state of the
// clock: they are often out of our reach (a container, no hwmon) where an exporter can tell them.
constexpr std::array<std::string_view, 38> kNative{"node_cpu_seconds_total",
                                                   "node_cpu_guest_seconds_total",
                                                   "node_cpu_core_throttles",
                                                   "node_cpu_package_throttles",
                                                   "node_load",
                                                   "node_procs_",
                                                   "node_processes_",
                                                   "node_context_switches_total",
                                                   "node_intr_total",
                                                   "node_forks_total",
                                                   "node_boot_time_seconds",
                                                   "node_entropy_",
                                                   "node_pressure_",
                                                   "node_memory_",
                                                   "node_vmstat_",
                                                   "node_disk_",
                                                   "node_filesystem_",
                                                   "node_bcache_",
                                                   "node_btrfs_",
                                                   "node_zfs_",
                                                   "node_nfs_",
                                                   "node_network_receive_",
                                                   "node_network_transmit_",
                                                   "node_network_carrier",
                                                   "node_network_speed_bytes",
                                                   "node_network_info",
                                                   "node_bonding_",
                                                   "node_infiniband_",
                                                   "node_netstat_",
                                                   "node_sockstat_",
                                                   "node_softnet_",
                                                   "node_lnstat_",
                                                   "node_nf_conntrack_",
                                                   "node_filefd_",
                                                   "node_time_seconds",
                                                   "node_edac_",
                                                   "node_md_",
                                                   "node_power_supply_"};

}  // namespace

MetricKind metric_kind_of(const ExposedSample& sample) {
    for (const Override& row : kOverrides) {
        if (begins_with(sample.name, row.prefix)) return row.kind;
    }
    if (sample.accumulates) return MetricKind::Counter;
    switch (sample.type) {
        case FamilyType::Info:
        case FamilyType::StateSet: return MetricKind::State;
        case FamilyType::Untyped:
            return ends_in(sample.name, "_total") ? MetricKind::Counter : MetricKind::Gauge;
        case FamilyType::Counter:  // in OpenMetrics its _created is a time
        case FamilyType::Gauge:
        case FamilyType::Histogram:
        case FamilyType::Summary:
        case FamilyType::GaugeHistogram: return MetricKind::Gauge;
    }
    return MetricKind::Gauge;
}

Unit unit_of_metric(std::string_view name) {
    if (ends_in(name, "_total")) name.remove_suffix(std::string_view("_total").size());
    if (ends_in(name, "_bytes")) return Unit::Bytes;
    if (ends_in(name, "_seconds")) return Unit::Seconds;
    if (ends_in(name, "_celsius")) return Unit::Celsius;
    return Unit::None;
}

bool is_read_natively(std::string_view name) {
    return std::any_of(kNative.begin(), kNative.end(),
                       [&](std::string_view prefix) { return begins_with(name, prefix); });
}

}  // namespace homeostat
