// Incidents as bytes: the schema of proto/homeostat/v1/incident.proto, for the spool and the store.
//
// The bytes are what is kept on disk, so reading trusts nothing: sizes are bounded, enum values
// checked, numbers finite. What was written comes back equal.
#pragma once

#include <string>
#include <string_view>

#include "core/incident.hpp"
#include "core/result.hpp"

namespace homeostat::v1 {
class Incident;
}

namespace homeostat {

// More than any incident takes (its structure holds about 12 kB); a longer input is Errc::Limit.
inline constexpr std::size_t kIncidentBytesMax = 16384;

void to_proto(const Incident& incident, v1::Incident& out);

// Errc::Invalid names the field that is out of range; `out` is then unspecified. Text that is too
// long for its place is cut, lists that are too long are refused.
Status from_proto(const v1::Incident& in, Incident& out);

// The same, to and from bytes. encode_incident replaces the content of `out`.
void encode_incident(const Incident& incident, std::string& out);
Status decode_incident(std::string_view bytes, Incident& out);

}  // namespace homeostat
