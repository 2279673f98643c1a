// Conditions of the owner: changes to the stock catalogue, and entries of one's own.
//
//     conditions:                      # homeostat.yml, or the whole of a file in catalogue.d/*.yml
//       filesystem_full: {limits: {warning: '85 %'}}
//       swap_full: {enabled: false}
//       queue_long:
//         metric: myapp_queue_length   # of an exporter: `scraped: true`
//         scraped: true
//         limits: {warning: 1000}
//         opens: queue_backlog
//         confirm: 30s
//         advice: see the consumer
//
// What cannot be right is an error with its place: an unknown signal (with the nearest that there
// is), a limit in another unit than the metric's, a limit that can never or always be passed, steps
// that do not grow worse, a name that is defined in two files.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/config/config.hpp"
#include "agent/config/config_reader.hpp"

namespace homeostat {

inline constexpr const char* kCatalogueDirectory = "catalogue.d";

class ConditionsLoader {
public:
    // Changes config.detect.conditions; texts of new conditions live as long as config.texts.
    explicit ConditionsLoader(Config& config) : config_(config) {}

    // One mapping of names to conditions. Errors go to the context.
    void read(const YamlNode& node, const ConfigContext& context);

private:
    void change(const YamlEntry& entry, const ConfigContext& context, Condition& condition);
    void add(const YamlEntry& entry, const ConfigContext& context);
    void read_signal(ConfigReader& reader, const YamlEntry& entry, const ConfigContext& context,
                     Condition& condition);
    void read_shared(ConfigReader& reader, const ConfigContext& context, Condition& condition);
    void read_limits(const YamlNode& node, const ConfigContext& context, Condition& condition);
    static std::optional<double> read_limit(const YamlNode& node, Severity severity,
                                            const ConfigContext& context,
                                            const Condition& condition);
    void read_witness(const YamlNode& node, const ConfigContext& context, Condition& condition);
    bool known_signal(std::string_view metric, const YamlNode& node, const ConfigContext& context);
    std::string_view keep(std::string text);

    Config& config_;
    std::map<std::string, std::string> defined_in_;  // name -> FILE:LINE
    bool scraped_ = false;                           // of the entry that is being read
};

}  // namespace homeostat
