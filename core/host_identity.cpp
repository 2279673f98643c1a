#include "core/host_identity.hpp"

#include <array>
#include <string_view>

#include "core/parse.hpp"

namespace homeostat {
namespace {

constexpr const char* kArchitecture =
#if defined(__x86_64__)
    "amd64";
#elif defined(__aarch64__)
    "arm64";
#else
    "unknown";
#endif

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

void read_os_release(const Root& root, HostIdentity& host) {
    std::array<char, 8192> buffer{};
    auto text = root.read("etc/os-release", buffer);
    if (!text) text = root.read("usr/lib/os-release", buffer);
    if (!text) return;
    host.os = os_release_value(*text, "ID");
    host.os_version = os_release_value(*text, "VERSION_ID");
    host.os_description = os_release_value(*text, "PRETTY_NAME");
}

}  // namespace

HostIdentity read_host_identity(const Root& root) {
    HostIdentity host;
    host.arch = kArchitecture;
    host.id = first_line_of(root, "etc/machine-id");
    if (host.id.empty()) host.id = first_line_of(root, "var/lib/dbus/machine-id");
    host.name = first_line_of(root, "proc/sys/kernel/hostname");
    if (host.name.empty()) host.name = first_line_of(root, "etc/hostname");
    read_os_release(root, host);
    return host;
}

}  // namespace homeostat
