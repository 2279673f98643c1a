#include "agent/fleet/ceiling.hpp"

#include <algorithm>
#include <array>

namespace homeostat {
namespace {

// What stands below the allowed keys and is the owner's all the same.
constexpr std::array<std::string_view, 5> kOwnersKeys{"tls_config", "insecure_skip_verify",
                                                      "socket", "path", "json_lines"};

bool is_owners(std::string_view key) {
    return key.ends_with("_file") || key.ends_with("_files") ||
           std::find(kOwnersKeys.begin(), kOwnersKeys.end(), key) != kOwnersKeys.end();
}

void check_below(const YamlNode& node, const std::string& file, std::vector<Error>& errors) {
    for (const YamlNode& item : node.items) check_below(item, file, errors);
    for (const YamlEntry& entry : node.entries) {
        if (is_owners(entry.key)) {
            errors.push_back(yaml_error(file, entry.key_mark,
                                        "'{}' is set by the owner of the host, never by a bundle",
                                        entry.key));
        } else {
            check_below(entry.value, file, errors);
        }
    }
}

}  // namespace

bool check_ceiling(const YamlNode& settings, const std::string& file, const FleetSettings& fleet,
                   std::vector<Error>& errors) {
    const std::size_t before = errors.size();
    for (const YamlEntry& entry : settings.entries) {
        const bool allowed =
            std::find(fleet.may_set.begin(), fleet.may_set.end(), entry.key) != fleet.may_set.end();
        if (!allowed) {
            errors.push_back(yaml_error(file, entry.key_mark,
                                        "'{}' is not in may_set of this host's fleet.yml",
                                        entry.key));
            continue;
        }
        check_below(entry.value, file, errors);
    }
    return errors.size() == before;
}

Status check_limits(const Config& config, std::size_t memory_bytes, const FleetLimits& limits) {
    if (config.series_max > limits.series_max) {
        return make_error(Errc::Denied, "series_max: {}, and fleet.yml allows {}",
                          config.series_max, limits.series_max);
    }
    if (config.tick < limits.tick) {
        return make_error(Errc::Denied, "tick: {}, and fleet.yml allows no less than {}",
                          to_text(config.tick).view(), to_text(limits.tick).view());
    }
    if (config.exporters.size() > limits.exporters_max) {
        return make_error(Errc::Denied, "{} targets to scrape, and fleet.yml allows {}",
                          config.exporters.size(), limits.exporters_max);
    }
    if (memory_bytes > limits.memory_bytes) {
        return make_error(Errc::Denied, "reserves {}, and fleet.yml allows {}",
                          human_bytes(static_cast<double>(memory_bytes)).view(),
                          human_bytes(static_cast<double>(limits.memory_bytes)).view());
    }
    return Ok{};
}

}  // namespace homeostat
