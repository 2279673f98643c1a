#include "collectors/nfs_client.hpp"

#include <array>

#include "collectors/mountinfo.hpp"
#include "collectors/small_files.hpp"

namespace homeostat {
namespace {

constexpr Metric counter(std::string_view name, Aspect aspect, Unit unit = Unit::Count) {
    return {name, unit, MetricKind::Counter, aspect};
}

constexpr Metric kCalls = counter("nfs_calls_count", Aspect::Traffic);
constexpr Metric kAgain = counter("nfs_retransmits_count", Aspect::Errors);
constexpr Metric kOperations = counter("nfs_mount_operations_count", Aspect::Traffic);
constexpr Metric kMountAgain = counter("nfs_mount_retransmits_count", Aspect::Errors);
constexpr Metric kTimeouts = counter("nfs_mount_timeouts_count", Aspect::Errors);
constexpr Metric kTime = counter("nfs_mount_execute_seconds", Aspect::Saturation, Unit::Seconds);
constexpr std::array kMetrics{kCalls, kAgain, kOperations, kMountAgain, kTimeouts, kTime};

constexpr double kMilliseconds = 1e-3;

void add_rpc(std::string_view text, Samples& out) {
    for (std::string_view line; next_line(text, line);) {
        if (next_word(line) != "rpc") continue;
        const auto calls = next_u64(line);
        const auto again = next_u64(line);
        if (!calls || !again) return;
        out.add(kCalls, as_double(*calls));
        out.add(kAgain, as_double(*again));
    }
}

// "device SERVER:/path mounted on /mnt with fstype nfs4 statvers=1.1"
std::string_view nfs_mount_point(std::string_view line) {
    next_word(line);  // "device"
    next_word(line);  // what
    if (next_word(line) != "mounted" || next_word(line) != "on") return {};
    const std::string_view point = next_word(line);
    if (next_word(line) != "with" || next_word(line) != "fstype") return {};
    const std::string_view type = next_word(line);
    return type == "nfs" || type == "nfs4" ? point : std::string_view{};
}

// "READ: ops trans timeouts bytes_sent bytes_received queue rtt execute [errors]"
void add_operation(std::string_view line, NfsMountCounts& counts) {
    const auto operations = next_u64(line);
    const auto transmissions = next_u64(line);
    const auto timeouts = next_u64(line);
    for (int skipped = 0; skipped < 4; ++skipped) next_word(line);
    const auto execute = next_u64(line);
    if (!operations || !transmissions || !timeouts || !execute) return;
    counts.operations += *operations;
    counts.transmissions += *transmissions;
    counts.timeouts += *timeouts;
    counts.execute_ms += *execute;
}

void add_mount(const NfsMountCounts& counts, Samples& out) {
    const Subject subject{.kind = SubjectKind::Mount,
                          .name = decode_mount_path(counts.mount_point)};
    out.add(kOperations, subject, as_double(counts.operations));
    if (counts.transmissions >= counts.operations) {
        out.add(kMountAgain, subject, as_double(counts.transmissions - counts.operations));
    }
    out.add(kTimeouts, subject, as_double(counts.timeouts));
    out.add(kTime, subject, as_double(counts.execute_ms) * kMilliseconds);
}

}  // namespace

void parse_mountstats(std::string_view text, FunctionRef<void(const NfsMountCounts&)> mount) {
    NfsMountCounts counts;
    bool in_operations = false;
    const auto finish = [&] {
        if (!counts.mount_point.empty() && in_operations) mount(counts);
        counts = {};
        in_operations = false;
    };
    for (std::string_view line; next_line(text, line);) {
        std::string_view rest = line;
        const std::string_view first = next_word(rest);
        if (first == "device") {
            finish();
            counts.mount_point = nfs_mount_point(line);
        } else if (first == "per-op") {
            in_operations = true;
        } else if (in_operations && first.size() > 1 && first.back() == ':') {
            add_operation(rest, counts);
        }
    }
    finish();
}

Status NfsClientCollector::collect(const Root& root, Samples& out) {
    SmallFiles files(root, bench_.buffer(), out);
    add_rpc(files.text("proc/net/rpc/nfs"), out);
    parse_mountstats(files.text("proc/self/mountstats"),
                     [&](const NfsMountCounts& counts) { add_mount(counts, out); });
    return files.outcome("proc/net/rpc/nfs: no NFS client");
}

std::span<const Metric> NfsClientCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
