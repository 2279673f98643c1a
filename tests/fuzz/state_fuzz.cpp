// What the agent wrote for itself and finds damaged: incidents, preferences, the record of the last
// boot and of earlier starts. What is read back is written again as the same.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/boot_record.hpp"
#include "agent/crash_guard.hpp"
#include "agent/incidents/incident_proto.hpp"
#include "agent/incidents/preferences_file.hpp"

using namespace homeostat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto preferences = parse_preferences(text)) {
        const std::string written = to_text(*preferences);
        const auto again = parse_preferences(written);
        assert(again && to_text(*again) == written);
    }
    if (const auto record = parse_boot_record(text)) (void)to_text(*record);
    (void)parse_starts(text);
    Incident incident;
    if (decode_incident(text, incident)) {
        std::string bytes;
        encode_incident(incident, bytes);
        assert(bytes.size() <= kIncidentBytesMax);
    }
    return 0;
}
