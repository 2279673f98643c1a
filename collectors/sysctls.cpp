#include "collectors/sysctls.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"
#include "core/format.hpp"
#include "core/hash.hpp"

namespace homeostat {
namespace {

constexpr Metric kChanges{"sysctl_changes_count", Unit::Count, MetricKind::Counter, Aspect::Other};
constexpr std::array kMetrics{kChanges};

constexpr std::string_view kTop = "proc/sys/";
constexpr std::array<std::string_view, 15> kDirectories{"proc/sys/kernel",
                                                        "proc/sys/kernel/yama",
                                                        "proc/sys/vm",
                                                        "proc/sys/fs",
                                                        "proc/sys/fs/inotify",
                                                        "proc/sys/net/core",
                                                        "proc/sys/net/ipv4",
                                                        "proc/sys/net/ipv4/conf/all",
                                                        "proc/sys/net/ipv4/conf/default",
                                                        "proc/sys/net/ipv4/neigh/default",
                                                        "proc/sys/net/netfilter",
                                                        "proc/sys/net/ipv6",
                                                        "proc/sys/net/ipv6/conf/all",
                                                        "proc/sys/net/ipv6/conf/default",
                                                        "proc/sys/net/ipv6/neigh/default"};

// Readings among the settings, what the kernel sets by itself (perf's rate, the taint, the list of
// loaded modules), and what costs more than it tells.
constexpr std::array<std::string_view, 14> kReadings{"ns_last_pid",
                                                     "dentry-state",
                                                     "inode-nr",
                                                     "inode-state",
                                                     "file-nr",
                                                     "aio-nr",
                                                     "nf_conntrack_count",
                                                     "stat_refresh",
                                                     "cap_last_cap",
                                                     "tainted",
                                                     "hung_task_detect_count",
                                                     "perf_event_max_sample_rate",
                                                     "tcp_available_congestion_control",
                                                     "tcp_available_ulp"};

bool is_reading(std::string_view name) {
    return std::find(kReadings.begin(), kReadings.end(), name) != kReadings.end();
}

std::string_view shown_of(std::string_view text) {
    return excerpt(trim(text));
}

}  // namespace

FixedString<95> sysctl_name(std::string_view path) {
    if (path.starts_with(kTop)) path.remove_prefix(kTop.size());
    FixedString<95> name;
    while (!path.empty()) {
        const auto slash = path.find('/');
        name.append(path.substr(0, slash));
        if (slash == std::string_view::npos) break;
        name.append(".");
        path.remove_prefix(slash + 1);
    }
    return name;
}

SysctlsCollector::SysctlsCollector(Workbench& bench) : bench_(bench) {
    parameters_.reserve(kParametersMax);
}

Status SysctlsCollector::collect(const Root& root, Samples& out) {
    bool found = false;
    for (const std::string_view directory : kDirectories) {
        const FixedString<63> path(directory);
        const Status listed = root.list(path.c_str(), [&](std::string_view name) {
            if (!is_reading(name)) read(root, directory, name, out.at());
            return true;
        });
        found = found || listed;
    }
    if (!found) return make_error(Errc::NotAvailable, "sysctls: no proc/sys");
    out.add(kChanges, as_double(changes_));
    return Ok{};
}

void SysctlsCollector::read(const Root& root, std::string_view directory, std::string_view name,
                            Instant now) {
    FixedString<127> path(directory);
    path.append("/");
    path.append(name);
    if (path.truncated()) return;
    constexpr std::size_t kValueMax = 4096;  // a page: what a parameter's file holds at most
    const auto text = root.read(path.c_str(), bench_.buffer().first(kValueMax + 1));
    if (text) compare(fnv1a(path.view(), 1), path, *text, now);  // a directory, or not for us: no
}

void SysctlsCollector::compare(std::uint64_t name, std::string_view path, std::string_view text,
                               Instant now) {
    const std::uint64_t value = fnv1a(text, 1);
    const auto place = std::lower_bound(
        parameters_.begin(), parameters_.end(), name,
        [](const Parameter& known, std::uint64_t key) { return known.name < key; });
    if (place == parameters_.end() || place->name != name) {
        if (parameters_.size() == kParametersMax) return;
        parameters_.insert(place, {.name = name, .value = value, .shown = shown_of(text)});
        return;
    }
    if (place->value == value) return;
    place->value = value;
    const FixedString<21> before = place->shown;
    place->shown = shown_of(text);
    if (place->changes >= kChangesMax) return;
    ++place->changes;
    ++changes_;
    Event event{
        .at = now, .kind = EventKind::SysctlChanged, .subject = {}, .object = {}, .text = {}};
    event.object = sysctl_name(path);
    format_into(event.text, "{} was set from {} to {}", event.object, before, place->shown);
    bench_.events().add(event);
}

std::span<const Metric> SysctlsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
