#include "actions/playbook/protected_paths.hpp"

#include <algorithm>
#include <array>

#include "actions/playbook/path_text.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::array<std::string_view, 45> kProtected{
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/efi",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/media",
    "/mnt",
    "/nix",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/snap",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/backups",
    "/var/cache",
    "/var/lib",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/log",
    "/var/mail",
    "/var/run",
    "/var/spool",
    "/var/tmp",
    "/etc/systemd",
    "/etc/homeostat",
    "/run/systemd",
};

}  // namespace

std::string_view protected_at_or_below(std::string_view path) {
    const auto found = std::find_if(kProtected.begin(), kProtected.end(),
                                    [&](auto place) { return is_at_or_below(place, path); });
    return found == kProtected.end() ? std::string_view{} : *found;
}

}  // namespace homeostat::playbook
