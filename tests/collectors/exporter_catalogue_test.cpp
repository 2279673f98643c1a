#include "collectors/exporter_catalogue.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("exporter catalogue: declared wrongly, treated rightly") {
    struct Row {
        const char* name;
        FamilyType type;
        bool accumulates;
        MetricKind kind;
    };
    for (const Row& row :
         {Row{"node_netstat_TcpExt_ListenDrops", FamilyType::Untyped, false, MetricKind::Counter},
          Row{"node_netstat_Tcp_CurrEstab", FamilyType::Untyped, false, MetricKind::Gauge},
          Row{"node_netstat_Ip_Forwarding", FamilyType::Untyped, false, MetricKind::Gauge},
          Row{"node_vmstat_oom_kill", FamilyType::Untyped, false, MetricKind::Counter},
          Row{"node_vmstat_nr_dirty", FamilyType::Untyped, false, MetricKind::Gauge},
          Row{"node_nf_conntrack_stat_drop", FamilyType::Gauge, false, MetricKind::Counter},
          Row{"node_nf_conntrack_entries", FamilyType::Gauge, false, MetricKind::Gauge},
          Row{"http_requests_total", FamilyType::Counter, true, MetricKind::Counter},
          Row{"http_requests_total", FamilyType::Untyped, false, MetricKind::Counter},
          Row{"pool_total", FamilyType::Gauge, false, MetricKind::Gauge},
          Row{"h_bucket", FamilyType::Histogram, true, MetricKind::Counter},
          Row{"h_quantile", FamilyType::Summary, false, MetricKind::Gauge},
          Row{"build_info", FamilyType::Info, false, MetricKind::State},
          Row{"mode", FamilyType::StateSet, false, MetricKind::State},
          Row{"anything", FamilyType::Untyped, false, MetricKind::Gauge}}) {
        CAPTURE(row.name);
        ExposedSample sample;
        sample.name = row.name;
        sample.type = row.type;
        sample.accumulates = row.accumulates;
        CHECK(metric_kind_of(sample) == row.kind);
    }
}

TEST_CASE("exporter catalogue: units by the ending of the name") {
    CHECK(unit_of_metric("node_disk_read_bytes_total") == Unit::Bytes);
    CHECK(unit_of_metric("go_gc_duration_seconds") == Unit::Seconds);
    CHECK(unit_of_metric("node_hwmon_temp_celsius") == Unit::Celsius);
    CHECK(unit_of_metric("http_requests_total") == Unit::None);
    CHECK(unit_of_metric("_bytes") == Unit::None);
    CHECK(unit_of_metric("") == Unit::None);
}

TEST_CASE("exporter catalogue: what we read ourselves is not watched twice") {
    for (const char* name : {"node_cpu_seconds_total", "node_load1", "node_filesystem_avail_bytes",
                             "node_memory_MemFree_bytes", "node_pressure_cpu_waiting_seconds_total",
                             "node_cpu_core_throttles_total", "node_bonding_active",
                             "node_processes_threads", "node_zfs_arc_size", "node_network_info"}) {
        CAPTURE(name);
        CHECK(is_read_natively(name));
    }
    for (const char* name :
         {"node_systemd_unit_state", "node_cpu_scaling_frequency_hertz", "up",
          "node_hwmon_temp_celsius", "node_timex_offset_seconds", "mysql_up", "", "node_"}) {
        CAPTURE(name);
        CHECK_FALSE(is_read_natively(name));
    }
}
