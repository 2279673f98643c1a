// What we know about exporters' metrics that their text does not say.
#pragma once

#include <string_view>

#include "collectors/exposition.hpp"
#include "core/series.hpp"

namespace homeostat {

// How to treat the sample: by its declared type, but for metrics that are declared wrongly. All of
// node_exporter's node_netstat_* and node_vmstat_* are "untyped" yet counters (but for a few), and
// its node_nf_conntrack_stat_* are "gauge" yet counters.
MetricKind metric_kind_of(const ExposedSample& sample);

// By the ending of the name, as Prometheus' naming practice has it.
Unit unit_of_metric(std::string_view name);

// Whether one of our own collectors reads the same from the kernel, so that watching it through an
// exporter too would only double the findings.
bool is_read_natively(std::string_view name);

}  // namespace homeostat
