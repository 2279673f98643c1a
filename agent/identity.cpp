#include "agent/identity.hpp"

#include <algorithm>
#include <array>

#include "agent/uplink/otlp.hpp"
#include "core/file.hpp"
#include "core/incident.hpp"
#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kInstanceFileMax = 4096;

std::string first_line_of(const Root& root, const char* path) {
    std::array<char, 1024> buffer{};
    const auto text = root.read(path, buffer);
    if (!text) return {};
    std::string_view rest = *text;
    std::string_view line;
    next_line(rest, line);
    return std::string(trim(line));
}

// The value of KEY in os-release(5) text: quotes are taken off, escapes do not occur in practice.
std::string os_release_value(std::string_view text, std::string_view key) {
    std::string_view line;
    while (next_line(text, line)) {
        if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != '=') {
            continue;
        }
        std::string_view value = trim(line.substr(key.size() + 1));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
            value.back() == value.front()) {
            value = value.substr(1, value.size() - 2);
        }
        return std::string(value);
    }
    return {};
}

void read_os_release(const Root& root, AgentIdentity& identity) {
    std::array<char, 8192> buffer{};
    auto text = root.read("etc/os-release", buffer);
    if (!text) text = root.read("usr/lib/os-release", buffer);
    if (!text) return;
    identity.os_name = os_release_value(*text, "ID");
    identity.os_version = os_release_value(*text, "VERSION_ID");
    identity.os_description = os_release_value(*text, "PRETTY_NAME");
}

constexpr const char* kArchitecture =
#if defined(__x86_64__)
    "amd64";
#elif defined(__aarch64__)
    "arm64";
#else
    "unknown";
#endif

}  // namespace

void read_identity(const Root& root, std::string_view version, AgentIdentity& identity) {
    identity.version = version;
    identity.host_arch = kArchitecture;
    identity.host_id = first_line_of(root, "etc/machine-id");
    if (identity.host_id.empty()) identity.host_id = first_line_of(root, "var/lib/dbus/machine-id");
    identity.host_name = first_line_of(root, "proc/sys/kernel/hostname");
    if (identity.host_name.empty()) identity.host_name = first_line_of(root, "etc/hostname");
    read_os_release(root, identity);
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
