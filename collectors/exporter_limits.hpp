// ExporterLimits: what one scrape may hold before it is refused whole, as Prometheus does it.
//
// Source: prometheus.io/docs/prometheus/latest/configuration/configuration (scrape_config:
// sample_limit, label_limit, label_name_length_limit, label_value_length_limit). Samples and labels
// are counted after metric_relabel_configs. 0 is no limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace homeostat {

struct ExporterLimits {
    std::size_t samples = 0;            // in one scrape
    std::size_t labels = 0;             // of one sample
    std::size_t label_name_bytes = 0;   // of each label
    std::size_t label_value_bytes = 0;  // of each label, unescaped; also of the metric's name
};

// A server adds these to the labels of each sample: __name__, job and instance. They count, so that
// a limit that was found out there means the same here.
inline constexpr std::size_t kLabelsOfServer = 3;

// Errc::Limit when the sample is too large for the limits; the text names the limit and quotes the
// metric. `labels` are canonical, as in ExposedSample.
Status check_sample(const ExporterLimits& limits, std::string_view name, std::string_view labels);

}  // namespace homeostat
