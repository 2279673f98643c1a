// Identity: who this agent is to a server, read once at start.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "agent/uplink/settings.hpp"
#include "core/result.hpp"
#include "core/root.hpp"

namespace homeostat {

// Fills in what `settings` leaves empty: version, machine id, host name, architecture and
// os-release of `root`. What this host does not tell stays empty.
void read_identity(const Root& root, std::string_view version, AgentIdentity& identity);

// Where identity.cloud_id wants it, host_id becomes what the cloud calls this machine: the first
// line of var/lib/cloud/data/instance-id, which cloud-init writes for all to read. (What DMI knows
// of it is for root alone.) Errc::NotFound where there is none: host_id is as it was then.
Status use_cloud_id(const Root& root, AgentIdentity& identity);

// The user's own resource attributes: those of the config, then those of OTEL_RESOURCE_ATTRIBUTES
// (`environment`, its value) that the config does not name. When that is malformed, none of it is
// taken and the error says why, as OpenTelemetry's specification wants.
Status add_resource(std::string_view environment, AgentIdentity& identity);

// The UUID in STATE/instance-id, made on the first start from `random` and the machine id, made
// anew when the machine id beside it differs: a cloned disk image is another agent.
Result<std::string> load_instance_id(const std::string& state_directory, const std::string& host_id,
                                     std::int64_t unix_ns, std::array<std::uint64_t, 2> random);

}  // namespace homeostat
