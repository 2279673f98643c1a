#include "actions/built_in_refusals.hpp"

#include <algorithm>
#include <array>

namespace homeostat {
namespace {

// Nothing at, beneath or above these.
constexpr std::array<std::string_view, 25> kTrees{
    "/bin",         "/boot",     "/dev",     "/efi",        "/etc",  "/home",    "/lib",
    "/lib32",       "/lib64",    "/libx32",  "/lost+found", "/proc", "/root",    "/run",
    "/sbin",        "/sys",      "/usr",     "/nix",        "/gnu",  "/sysroot", "/var/spool",
    "/var/backups", "/var/mail", "/var/lib", "/var/run",
};
// The two exceptions beneath /var/lib: places for crash files.
constexpr std::array<std::string_view, 2> kCrashPlaces{"/var/lib/systemd/coredump",
                                                       "/var/lib/apport/coredump"};
// Not these themselves, but what is beneath may be allowed.
constexpr std::array<std::string_view, 13> kDirectories{
    "/",     "/opt",     "/srv",       "/mnt",     "/media",     "/tmp",       "/var",
    "/snap", "/var/log", "/var/cache", "/var/tmp", "/var/local", "/var/games",
};

// Exact names, without the suffix.
constexpr auto kUnits = std::to_array<std::string_view>({
    "NetworkManager",
    "NetworkManager-dispatcher",
    "network-manager",
    "networkd-dispatcher",
    "networking",
    "network",
    "netplan",
    "wpa_supplicant",
    "hostapd",
    "ifup",
    "dhclient",
    "dhcpcd",
    "connman",
    "iwd",
    "ssh",
    "sshd",
    "dbus",
    "dbus-broker",
    "polkit",
    "init",
    "emergency",
    "rescue",
    "wickedd",
    "wg-quick",
    "openvpn",
    "openvpn-client",
    "openvpn-server",
    "tailscaled",
    "nftables",
    "iptables",
    "firewalld",
    "ufw",
    "sssd",
    "nslcd",
    "dropbear",
    "polkitd",
    "udev",
    "autovt",
    "getty",
    "console-getty",
    "container-getty",
    "display-manager",
    "gdm",
    "gdm3",
    "lightdm",
    "cloud-init",
    "homeostat",
    "homeostat-actuator",
});
// Whatever begins so.
constexpr std::array<std::string_view, 5> kUnitPrefixes{
    "systemd-", "dbus-org.freedesktop.", "user@", "user-runtime-dir@", "serial-getty@",
};
// Where systemd looks for units; an alias there is a link to the unit that it stands for.
constexpr std::array<std::string_view, 4> kUnitDirectories{
    "etc/systemd/system/", "run/systemd/system/", "usr/local/lib/systemd/system/",
    "usr/lib/systemd/system/"};
constexpr std::array<std::string_view, 4> kUnitSuffixes{".service", ".socket", ".timer", ".path"};

// Shells, interpreters and programs that start what their arguments say.
constexpr auto kPrograms = std::to_array<std::string_view>({
    "sh",      "bash",    "dash",        "zsh",       "ksh",    "csh",     "tcsh",
    "fish",    "busybox", "env",         "xargs",     "nohup",  "setsid",  "timeout",
    "nice",    "ionice",  "sudo",        "su",        "doas",   "runuser", "chroot",
    "nsenter", "unshare", "systemd-run", "perl",      "ruby",   "node",    "lua",
    "php",     "awk",     "gawk",        "mawk",      "find",   "ssh",     "rsync",
    "dd",      "at",      "watch",       "systemctl", "nodejs", "expect",  "setpriv",
    "taskset", "chrt",    "flock",       "stdbuf",    "capsh",  "busctl",  "start-stop-daemon",
    "ld.so",   "luajit",
});

bool is_at_or_beneath(std::string_view path, std::string_view tree) {
    return path.starts_with(tree) && (path.size() == tree.size() || path[tree.size()] == '/');
}

bool is_at_or_above(std::string_view path, std::string_view place) {
    return path == "/" || is_at_or_beneath(place, path);
}

std::string_view last_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

// python3.11, perl5.36.0, ruby3.1, ...
bool is_versioned_interpreter(std::string_view name) {
    constexpr std::array<std::string_view, 7> kInterpreters{"python", "perl5", "php", "ruby",
                                                            "lua5",   "tclsh", "wish"};
    return std::any_of(kInterpreters.begin(), kInterpreters.end(),
                       [&](std::string_view stem) { return name.starts_with(stem); });
}

constexpr bool is_unit_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '.' || c == '@' || c == '\\' || c == '-';
}

}  // namespace

std::string_view path_refusal(std::string_view path) {
    return is_exact_path(path) ? place_refusal(path) : "not an exact absolute path";
}

std::string_view place_refusal(std::string_view path) {
    if (!is_plain_path(path)) return "not an absolute path without '.' and '..'";
    for (const std::string_view place : kCrashPlaces) {
        if (is_at_or_beneath(path, place)) return {};
    }
    for (const std::string_view tree : kTrees) {
        if (is_at_or_beneath(path, tree)) return "a protected tree, with all beneath it";
        if (is_at_or_above(path, tree)) return "above a protected tree";
    }
    for (const std::string_view directory : kDirectories) {
        if (path == directory) return "protected itself: name a directory beneath it";
    }
    return {};
}

std::string_view unit_refusal(std::string_view unit) {
    if (!is_exact_unit(unit)) {
        return "not an exact unit name with .service, .socket, .timer or .path";
    }
    for (const std::string_view prefix : kUnitPrefixes) {
        if (unit.starts_with(prefix)) return "a unit that the host or Homeostat runs on";
    }
    // wpa_supplicant@wlan0 is wpa_supplicant.
    std::string_view stem = unit.substr(0, unit.rfind('.'));
    stem = stem.substr(0, stem.find('@'));
    if (std::find(kUnits.begin(), kUnits.end(), stem) != kUnits.end()) {
        return "a unit that the host, its log-in or its network runs on";
    }
    return {};
}

Status check_unit_alias(std::string_view unit, const Root& root) {
    std::array<char, 512> buffer;
    for (const std::string_view directory : kUnitDirectories) {
        const std::string path = std::string(directory) + std::string(unit);
        const auto link = root.read_link(path.c_str(), buffer);
        if (!link) continue;
        const std::string_view name = last_name(*link);
        const std::string_view refusal = name == unit ? std::string_view{} : unit_refusal(name);
        if (!refusal.empty()) {
            return make_error(Errc::Denied, "{} stands for {}, {}", unit, name, refusal);
        }
    }
    return Ok{};
}

std::string_view program_refusal(std::string_view path) {
    if (!is_exact_path(path)) return "not an exact absolute path";
    const std::string_view name = last_name(path);
    if (std::find(kPrograms.begin(), kPrograms.end(), name) != kPrograms.end() ||
        is_versioned_interpreter(name) || name.starts_with("ld-linux")) {
        return "a program that runs whatever it is given";
    }
    return {};
}

bool marks_database(std::string_view name) {
    return name == "PG_VERSION" || name.starts_with("ibdata") || name.ends_with(".wt") ||
           name.starts_with("MANIFEST-");
}

bool is_exact_path(std::string_view path) {
    static constexpr std::string_view kPatterns = "*?[]{}\\";
    for (const char c : path) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
            kPatterns.find(c) != std::string_view::npos) {
            return false;
        }
    }
    return is_plain_path(path);
}

bool is_plain_path(std::string_view path) {
    if (path.empty() || path[0] != '/' || path.size() > 4095) return false;
    if (path == "/") return true;
    std::string_view rest = path.substr(1);
    while (true) {
        const auto slash = rest.find('/');
        const std::string_view name = rest.substr(0, slash);
        if (name.empty() || name == "." || name == "..") return false;
        if (slash == std::string_view::npos) return true;
        rest.remove_prefix(slash + 1);
    }
}

bool is_exact_unit(std::string_view name) {
    if (name.empty() || name.size() > 255 || name[0] == '-' || name[0] == '.') return false;
    if (!std::all_of(name.begin(), name.end(), is_unit_char)) return false;
    return std::any_of(kUnitSuffixes.begin(), kUnitSuffixes.end(), [&](std::string_view suffix) {
        return name.size() > suffix.size() && name.ends_with(suffix);
    });
}

}  // namespace homeostat
