// Relabelling, as far as it chooses series: `metric_relabel_configs` with keep and drop.
//
// Prometheus' rules: the values of the source labels are joined by the separator and matched
// against the whole regular expression (RE2, as in Prometheus, so its cost is bounded); a label
// that is not there is empty. `__name__` is the metric's name. Source:
// prometheus.io/docs/prometheus/latest/configuration/configuration/#metric_relabel_configs
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace homeostat {

enum class RelabelAction : unsigned char { Keep, Drop };

struct RelabelRule {
    RelabelAction action = RelabelAction::Keep;
    std::vector<std::string> source_labels;
    std::string separator = ";";
    std::string regex = "(.*)";
};

// The value of a label in a series' canonical label text (ExposedSample::labels), unescaped into
// `out`; empty when it is not there.
void label_value(std::string_view labels, std::string_view name, std::string& out);

// Rules made ready. Copies share them.
class Relabelling {
public:
    // Errc::Invalid with the reason when RE2 does not take an expression.
    static Result<Relabelling> compile(const std::vector<RelabelRule>& rules);

    // Whether the series passes all rules. One thread at a time for all copies: they share work
    // space.
    [[nodiscard]] bool wants(std::string_view name, std::string_view labels) const;

private:
    struct Compiled;
    std::shared_ptr<Compiled> compiled_;
};

}  // namespace homeostat
