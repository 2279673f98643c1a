// HostIdentity: what a host calls itself, read once at start.
#pragma once

#include <string>

#include "core/root.hpp"

namespace homeostat {

// What the host does not tell stays empty.
struct HostIdentity {
    std::string id;    // machine-id(5): first line of etc/machine-id, or of D-Bus' copy
    std::string name;  // the kernel's host name, or etc/hostname
    std::string arch;  // "amd64", "arm64": of this program
    std::string os;    // os-release(5): ID, VERSION_ID, PRETTY_NAME
    std::string os_version;
    std::string os_description;
};

HostIdentity read_host_identity(const Root& root);

}  // namespace homeostat
