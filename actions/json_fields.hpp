// Reads members of a JSON object that another process, or a former run, has written.
//
// Each `take` gives false, and leaves `out` as it was, when the member is missing or of another
// type or does not fit: absent is not a default. REQUIRES: `json` is an object.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "core/fixed_string.hpp"

namespace homeostat {

bool take(const nlohmann::json& json, const char* key, std::string& out);
bool take(const nlohmann::json& json, const char* key, bool& out);
bool take(const nlohmann::json& json, const char* key, std::int64_t& out);
bool take(const nlohmann::json& json, const char* key, std::uint32_t& out);

// Cut to fit.
template <std::size_t Capacity>
bool take(const nlohmann::json& json, const char* key, FixedString<Capacity>& out) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return false;
    out.assign(found->get_ref<const std::string&>());
    return true;
}

}  // namespace homeostat
