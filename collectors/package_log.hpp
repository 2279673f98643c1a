// What a line of a package manager's log says: dpkg, dnf and yum, zypper, pacman.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace homeostat {

enum class PackageAction : std::uint8_t { Installed, Upgraded, Removed };

std::string_view name_of(PackageAction action);

// Views of the line.
struct PackageChange {
    PackageAction action = PackageAction::Installed;
    std::string_view name;
    std::string_view version;  // the new one; of a removed package the old one; may be empty
};

// A line that tells no change, or that is none of these logs', is nothing.
//
//     2026-11-20 10:00:00 upgrade libc6:amd64 2.36-9 2.36-10                    dpkg.log
//     2026-11-20T10:00:00+0000 SUBDEBUG Upgrade: nginx-1:1.22-1.el9.x86_64      dnf.rpm.log
//     Nov 20 10:00:00 Updated: nginx-1.20-1.el7.x86_64                          yum.log
//     2026-11-20 10:00:00|install|nginx|1.22-1|x86_64|root|repo|hash|           zypp/history
//     [2026-11-20T10:00:00+0000] [ALPM] upgraded nginx (1.0-1 -> 1.1-1)         pacman.log
std::optional<PackageChange> parse_package_line(std::string_view line);

}  // namespace homeostat
