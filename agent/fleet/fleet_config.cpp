#include "agent/fleet/fleet_config.hpp"

namespace homeostat {

Result<Settings> load_settings_with(const std::string& directory, const Bundle* bundle,
                                    std::vector<Error>& errors) {
    auto settings = load_settings(directory, errors);
    if (settings && bundle != nullptr) {
        add_layer(*settings, layer_name(bundle->header), bundle->settings);
    }
    return settings;
}

}  // namespace homeostat
