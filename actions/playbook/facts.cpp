#include "actions/playbook/facts.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/parse.hpp"

namespace homeostat::playbook {
namespace {

constexpr std::size_t kFileBytesMax = 1UL << 20U;

std::string read_file(const Root& root, const char* path) {
    std::vector<char> buffer(kFileBytesMax);
    const auto text = root.read(path, buffer);
    return text ? std::string(*text) : std::string();
}

// The value of NAME=value or NAME="value".
std::string release_field(std::string_view text, std::string_view name) {
    std::string_view line;
    while (next_line(text, line)) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || line.substr(0, equals) != name) continue;
        std::string_view value = trim(line.substr(equals + 1));
        if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') &&
            value.back() == value[0]) {
            value = value.substr(1, value.size() - 2);
        }
        return std::string(value);
    }
    return {};
}

// Ansible's names for the ids of os-release(5).
struct Distribution {
    std::string_view id;
    std::string_view name;
    std::string_view family;
};
constexpr std::array<Distribution, 14> kDistributions{{
    {"debian", "Debian", "Debian"},
    {"ubuntu", "Ubuntu", "Debian"},
    {"linuxmint", "Linux Mint", "Debian"},
    {"raspbian", "Debian", "Debian"},
    {"kali", "Kali", "Debian"},
    {"rhel", "RedHat", "RedHat"},
    {"centos", "CentOS", "RedHat"},
    {"fedora", "Fedora", "RedHat"},
    {"rocky", "Rocky", "RedHat"},
    {"almalinux", "AlmaLinux", "RedHat"},
    {"amzn", "Amazon", "RedHat"},
    {"sles", "SLES", "Suse"},
    {"arch", "Archlinux", "Archlinux"},
    {"alpine", "Alpine", "Alpine"},
}};

std::optional<std::int64_t> meminfo_mb(std::string_view text, std::string_view name) {
    std::string_view line;
    while (next_line(text, line)) {
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') {
            continue;
        }
        std::string_view rest = line.substr(name.size() + 1);
        const auto kib = next_u64(rest);
        if (kib && *kib < INT64_MAX) return static_cast<std::int64_t>(*kib / 1024);
    }
    return std::nullopt;
}

void add_kernel(Map& facts, const Root& root) {
    struct utsname names {};
    if (::uname(&names) != 0) return;
    facts.set("ansible_system", names.sysname);
    facts.set("ansible_kernel", names.release);
    facts.set("ansible_architecture", names.machine);
    const std::string_view node = names.nodename;
    facts.set("ansible_hostname", node.substr(0, node.find('.')));
    const std::string comm = read_file(root, "proc/1/comm");
    if (!comm.empty()) facts.set("ansible_service_mgr", trim(comm));
}

void add_processors(Map& facts, const Root& root) {
    const std::string stat = read_file(root, "proc/stat");
    std::string_view rest = stat;
    std::string_view line;
    std::int64_t count = 0;
    while (next_line(rest, line)) {
        if (line.starts_with("cpu") && line.size() > 3 && line[3] >= '0' && line[3] <= '9') ++count;
    }
    if (count > 0) facts.set("ansible_processor_vcpus", count);
}

void add_uptime(Map& facts, const Root& root) {
    const std::string uptime = read_file(root, "proc/uptime");
    std::string_view rest = uptime;
    const auto length = parse_double(next_word(rest));
    if (length && *length >= 0 && *length < 1e12) {
        facts.set("ansible_uptime_seconds", static_cast<std::int64_t>(*length));
    }
}

Value whole(std::uint64_t number) {
    return static_cast<std::int64_t>(number);
}

// "\040" in /proc/self/mounts is a blank.
std::string unescape_mount(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code = text[i] == '\\' ? parse_u64(text.substr(i + 1, 3), 8) : std::nullopt;
        if (code && *code < 256 && i + 3 < text.size()) {
            out += static_cast<char>(*code);
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

// Mounts of a device, or over the network, as Ansible lists them; kernel file systems are left out.
Value mounts_of(const Root& root) {
    ValueList mounts;
    const std::string text = read_file(root, "proc/self/mounts");
    std::string_view rest = text;
    std::string_view line;
    while (next_line(rest, line)) {
        const std::string_view device = next_word(line);
        const std::string mount = unescape_mount(next_word(line));
        const std::string_view type = next_word(line);
        // A dead network mount would hang statvfs(2), so only what has a device here is asked.
        if (!device.starts_with('/') || type == "none") continue;
        Map fields{{"mount", mount}, {"device", unescape_mount(device)}, {"fstype", type}};
        const std::string relative = mount == "/" ? "." : mount.substr(1);
        if (const auto usage = root.filesystem_usage(relative.c_str())) {
            fields.set("size_total", whole(usage->size_bytes));
            fields.set("size_available", whole(usage->available_bytes));
        }
        // Of what is mounted twice in one place the upper one is seen.
        const auto below = std::find_if(mounts.begin(), mounts.end(), [&](const Value& other) {
            return other.map().find("mount")->text() == mount;
        });
        if (below != mounts.end()) mounts.erase(below);
        mounts.emplace_back(std::move(fields));
    }
    return mounts;
}

}  // namespace

void add_distribution(std::string_view os_release, Map& facts) {
    const std::string id = release_field(os_release, "ID");
    if (id.empty()) return;
    std::string name = release_field(os_release, "NAME");
    std::string family = name;
    for (const Distribution& row : kDistributions) {
        if (row.id == id) {
            name = row.name;
            family = row.family;
        }
    }
    facts.set("ansible_distribution", name);
    facts.set("ansible_os_family", family);
    facts.set("ansible_distribution_version", release_field(os_release, "VERSION_ID"));
}

void add_memory(std::string_view meminfo, Map& facts) {
    for (const auto& [field, fact] :
         {std::pair{"MemTotal", "ansible_memtotal_mb"}, std::pair{"MemFree", "ansible_memfree_mb"},
          std::pair{"SwapTotal", "ansible_swaptotal_mb"}}) {
        if (const auto mb = meminfo_mb(meminfo, field)) facts.set(fact, *mb);
    }
}

Map date_time_facts(std::int64_t unix_ns) {
    const std::string text(rfc3339(unix_ns).view());  // 2026-11-20T20:40:00.000Z
    return {{"epoch", std::to_string(unix_ns / 1'000'000'000)},
            {"date", text.substr(0, 10)},
            {"time", text.substr(11, 8)},
            {"iso8601", text.substr(0, 19) + "Z"}};
}

Map gather_facts(const Root& root, Instant now) {
    Map facts;
    add_kernel(facts, root);
    add_distribution(read_file(root, "etc/os-release"), facts);
    add_processors(facts, root);
    add_memory(read_file(root, "proc/meminfo"), facts);
    add_uptime(facts, root);
    facts.set("ansible_date_time", date_time_facts(now.unix_ns));
    facts.set("ansible_mounts", mounts_of(root));
    return facts;
}

}  // namespace homeostat::playbook
