#include "collectors/limits.hpp"

#include <algorithm>
#include <array>

#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr Metric used_count(std::string_view name) {
    return {name, Unit::Count, MetricKind::Gauge, Aspect::Utilisation};
}

constexpr Metric used_ratio_metric(std::string_view name) {
    return {name, Unit::None, MetricKind::Ratio, Aspect::Capacity};
}

constexpr Metric kHandles = used_count("file_handles_used_count");
constexpr Metric kHandlesUsed = used_ratio_metric("file_handles_used_ratio");
constexpr Metric kPids = used_count("pids_used_count");
constexpr Metric kPidsUsed = used_ratio_metric("pids_used_ratio");
constexpr Metric kAio = used_count("aio_requests_used_count");
constexpr Metric kAioUsed = used_ratio_metric("aio_requests_used_ratio");
constexpr std::array kMetrics{kHandles, kHandlesUsed, kPids, kPidsUsed, kAio, kAioUsed};

void add_use(Samples& out, const Metric& count, const Metric& ratio, std::uint64_t used,
             std::uint64_t limit) {
    out.add(count, as_double(used));
    if (limit > 0) out.add(ratio, as_double(used) / as_double(limit));
}

std::optional<std::uint64_t> number(const Root& root, const char* path, std::span<char> buffer) {
    const auto value = read_number(root, path, buffer);
    if (!value) return std::nullopt;
    return *value;
}

}  // namespace

Result<FileHandles> parse_file_nr(std::string_view text) {
    std::string_view rest = text;
    const auto allocated = next_u64(rest);
    const auto unused = next_u64(rest);
    const auto limit = parse_u64(trim(rest));
    if (!allocated || !unused || !limit || *unused > *allocated) {
        return make_error(Errc::Parse,
                          "proc/sys/fs/file-nr: expected allocated, unused, maximum, got '{}'",
                          excerpt(text));
    }
    return FileHandles{*allocated - *unused, *limit};
}

std::optional<std::uint64_t> parse_thread_count(std::string_view loadavg) {
    std::string_view rest = loadavg;
    for (int i = 0; i < 3; ++i) next_word(rest);
    const std::string_view word = next_word(rest);
    const auto slash = word.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return parse_u64(word.substr(slash + 1));
}

Status LimitsCollector::collect(const Root& root, Samples& out) {
    const auto buffer = bench_.buffer();
    const auto file_nr = read_source(root, "proc/sys/fs/file-nr", buffer);
    if (!file_nr) return file_nr.error();
    const auto handles = parse_file_nr(*file_nr);
    if (!handles) return handles.error();
    add_use(out, kHandles, kHandlesUsed, handles->used, handles->limit);

    const auto pid_max = number(root, "proc/sys/kernel/pid_max", buffer);
    const auto threads_max = number(root, "proc/sys/kernel/threads-max", buffer);
    const auto loadavg = root.read("proc/loadavg", buffer);
    const auto threads = loadavg ? parse_thread_count(*loadavg) : std::nullopt;
    if (threads && pid_max && threads_max) {  // each thread has a pid of its own
        add_use(out, kPids, kPidsUsed, *threads, std::min(*pid_max, *threads_max));
    }

    const auto aio = number(root, "proc/sys/fs/aio-nr", buffer);
    const auto aio_max = number(root, "proc/sys/fs/aio-max-nr", buffer);
    if (aio && aio_max) add_use(out, kAio, kAioUsed, *aio, *aio_max);
    return Ok{};
}

std::span<const Metric> LimitsCollector::metrics() {
    return kMetrics;
}

}  // namespace homeostat
