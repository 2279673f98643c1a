// The owner's settings: homeostat.yml with all that it may hold, and fleet.yml. Whatever they say
// is taken or refused with a place; a secret file is never read from here.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/load_config.hpp"
#include "agent/fleet/fleet_settings.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto no_secret = [](const std::string&, SecretKind) -> Result<std::string> {
        return make_error(Errc::NotFound, "there are no secrets here");
    };
    std::vector<Error> errors;
    const auto config = parse_config("homeostat.yml", text, no_secret, errors);
    // Refused is told: with an error of its own or one of those in the list.
    assert(config || !config.error().text.empty());
    errors.clear();
    const auto fleet = parse_fleet_settings("fleet.yml", text, "/etc/homeostat", no_secret, errors);
    assert(fleet || !fleet.error().text.empty());
    return 0;
}
