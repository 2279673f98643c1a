#include "actions/json_fields.hpp"

#include <limits>

namespace homeostat {

bool take(const nlohmann::json& json, const char* key, std::string& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return false;
    out = found->get<std::string>();
    return true;
}

bool take(const nlohmann::json& json, const char* key, bool& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_boolean()) return false;
    out = found->get<bool>();
    return true;
}

bool take(const nlohmann::json& json, const char* key, std::int64_t& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_integer()) return false;
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (found->is_number_unsigned() && found->get<std::uint64_t>() > kMax) return false;
    out = found->get<std::int64_t>();
    return true;
}

bool take(const nlohmann::json& json, const char* key, std::uint32_t& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned()) return false;
    const auto value = found->get<std::uint64_t>();
    if (value > std::numeric_limits<std::uint32_t>::max()) return false;
    out = static_cast<std::uint32_t>(value);
    return true;
}

}  // namespace homeostat
