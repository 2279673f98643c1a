#include "agent/identity.hpp"

#include <algorithm>
#include <utility>

#include "agent/uplink/otlp.hpp"
#include "agent/uplink/utf8.hpp"
#include "core/file.hpp"
#include "core/host_identity.hpp"
#include "core/incident.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kInstanceFileMax = 4096;
constexpr const char* kCloudIdFile = "var/lib/cloud/data/instance-id";

}  // namespace

void read_identity(const Root& root, std::string_view version, AgentIdentity& identity) {
    HostIdentity host = read_host_identity(root);
    identity.version = version;
    identity.host_id = std::move(host.id);
    identity.host_name = std::move(host.name);
    identity.host_arch = std::move(host.arch);
    identity.os_name = std::move(host.os);
    identity.os_version = std::move(host.os_version);
    identity.os_description = std::move(host.os_description);
}

Status use_cloud_id(const Root& root, AgentIdentity& identity) {
    if (!identity.cloud_id) return Ok{};
    std::array<char, 256> buffer{};
    std::string_view line;
    if (const auto text = root.read(kCloudIdFile, buffer)) {
        std::string_view rest = *text;
        next_line(rest, line);
        line = trim(line);
    }
    if (line.empty()) {
        return make_error(
            Errc::NotFound,
            "host_id: cloud-init has left no name of this machine in /{}: its machine "
            "id is sent",
            kCloudIdFile);
    }
    identity.host_id = to_utf8(line);
    return Ok{};
}

Status add_resource(std::string_view environment, AgentIdentity& identity) {
    const auto attributes = parse_resource_attributes(environment);
    if (!attributes) {
        return make_error(attributes.error().code, "OTEL_RESOURCE_ATTRIBUTES is not used: {}",
                          attributes.error().text);
    }
    for (const NameValue& attribute : *attributes) {
        const bool named =
            std::any_of(identity.resource.begin(), identity.resource.end(),
                        [&attribute](const NameValue& own) { return own.name == attribute.name; });
        if (!named) identity.resource.push_back(attribute);
    }
    return Ok{};
}

Result<std::string> load_instance_id(const std::string& state_directory, const std::string& host_id,
                                     std::int64_t unix_ns, std::array<std::uint64_t, 2> random) {
    const std::string path = state_directory + "/instance-id";
    if (const auto content = read_file(path, kInstanceFileMax)) {
        std::string_view rest = *content;
        std::string_view id;
        std::string_view machine;
        next_line(rest, id);
        next_line(rest, machine);
        if (parse_incident_id(id) && machine == host_id) return std::string(id);
    }
    const std::string id(make_incident_id(unix_ns, random).text());
    const auto written = write_file_atomically(path, id + "\n" + host_id + "\n");
    if (!written) return written.error();
    return id;
}

}  // namespace homeostat
