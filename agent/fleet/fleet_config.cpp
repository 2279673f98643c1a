#include "agent/fleet/fleet_config.hpp"

#include "agent/fleet/ceiling.hpp"

namespace homeostat {

Result<Settings> load_settings_with(const std::string& directory, const Bundle* bundle,
                                    std::vector<Error>& errors) {
    const std::size_t before = errors.size();
    auto settings = load_settings(directory, errors);
    if (!settings || bundle == nullptr) return settings;
    const Settings owners = *settings;
    add_layer(*settings, layer_name(bundle->header), bundle->settings);
    if (!check_addresses(owners, *settings, errors)) return errors[before];
    return settings;
}

}  // namespace homeostat
