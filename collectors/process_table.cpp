#include "collectors/process_table.hpp"

#include <algorithm>
#include <optional>

#include "collectors/process_files.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

std::optional<std::int32_t> pid_of(std::string_view name) {
    if (name.empty() || name.front() < '1' || name.front() > '9') return std::nullopt;
    const auto pid = parse_u64(name);
    if (!pid || *pid > INT32_MAX) return std::nullopt;
    return static_cast<std::int32_t>(*pid);
}

// What counts as busy, growing and moving data, for "how long has it been at it".
// A twentieth of a core: eight workers on two cores have a quarter each, and are a hog together.
constexpr float kBusyRatio = 0.05F;
constexpr float kGrowingBytesPerSecond = 1048576.0F;
constexpr float kMovingBytesPerSecond = 1048576.0F;
constexpr double kUsualMemorySeconds = 60;

}  // namespace

ProcessTable::ProcessTable(std::size_t processes_max, std::uint64_t page_bytes)
    : processes_max_(processes_max), page_bytes_(page_bytes) {
    current_.reserve(processes_max);
    previous_.reserve(processes_max);
    ranked_.reserve(processes_max);
}

const ProcessTable::Entry* ProcessTable::find_previous(std::int32_t pid,
                                                       std::uint64_t start_ticks) const {
    const auto at = std::lower_bound(
        previous_.begin(), previous_.end(), pid,
        [](const Entry& entry, std::int32_t wanted) { return entry.pid < wanted; });
    if (at == previous_.end() || at->pid != pid || at->start_ticks != start_ticks) return nullptr;
    return &*at;
}

const ProcessTable::Entry* ProcessTable::find_current(std::int32_t pid) const {
    const auto at = std::lower_bound(
        current_.begin(), current_.end(), pid,
        [](const Entry& entry, std::int32_t wanted) { return entry.pid < wanted; });
    return at == current_.end() || at->pid != pid ? nullptr : &*at;
}

// False when the process is gone, or is not one that we can read.
bool ProcessTable::read_entry(const Root& root, std::int32_t pid, std::span<char> buffer,
                              Entry& entry, ProcessCounts& counts) const {
    const auto text = root.read(process_path(pid, "stat").c_str(), buffer);
    if (!text) return false;
    const auto stat = parse_process_stat(*text);
    if (!stat) return false;
    entry.pid = pid;
    entry.state = stat->state;
    entry.kernel_thread = stat->kernel_thread;
    entry.has_terminal = stat->has_terminal;
    entry.gives_way = stat->gives_way;
    entry.parent_pid = stat->parent_pid;
    entry.start_ticks = stat->start_ticks;
    entry.cpu_ticks = stat->cpu_ticks;
    entry.rss_pages = stat->rss_pages;
    entry.threads = static_cast<std::uint32_t>(stat->threads);
    entry.name = stat->name;
    ++counts.processes;
    counts.threads += static_cast<std::uint32_t>(stat->threads);
    if (stat->state == 'D') ++counts.uninterruptible;
    if (stat->state == 'Z') ++counts.zombies;
    if (stat->kernel_thread || stat->state == 'Z') return true;

    const auto io = root.read(process_path(pid, "io").c_str(), buffer);
    const auto written = io ? parse_written_bytes(*io) : std::nullopt;
    entry.io_known = written.has_value();
    entry.written_bytes = written.value_or(0);
    entry.read_bytes = io ? parse_disk_read_bytes(*io).value_or(0) : 0;
    if (!io && io.error().code == Errc::Denied) ++counts.io_denied;
    return true;
}

void ProcessTable::compare(Entry& entry, double elapsed_seconds) const {
    const Entry* before = find_previous(entry.pid, entry.start_ticks);
    if (before == nullptr) return;
    entry.open_files = before->open_files;
    if (elapsed_seconds <= 0) return;
    entry.measured = true;
    // Counters of one process do not fall, but a reading may be torn: never a negative rate.
    const auto growth = [](std::uint64_t now, std::uint64_t then) {
        return now > then ? as_double(now - then) : 0.0;
    };
    const double pages = as_double(entry.rss_pages) - as_double(before->rss_pages);
    entry.cpu_ratio = static_cast<float>(growth(entry.cpu_ticks, before->cpu_ticks) /
                                         kTicksPerSecond / elapsed_seconds);
    entry.rss_growth_bytes_per_second =
        static_cast<float>(pages * as_double(page_bytes_) / elapsed_seconds);
    if (entry.io_known && before->io_known) {
        entry.write_bytes_per_second = static_cast<float>(
            growth(entry.written_bytes, before->written_bytes) / elapsed_seconds);
        entry.read_bytes_per_second =
            static_cast<float>(growth(entry.read_bytes, before->read_bytes) / elapsed_seconds);
    }
    follow(entry, *before, elapsed_seconds);
}

// How long it has been busy, growing, moving data: a pass without it begins anew. What is usual for
// it is the mean of the passes before.
void ProcessTable::follow(Entry& entry, const Entry& before, double elapsed_seconds) {
    const auto elapsed = static_cast<float>(elapsed_seconds);
    const auto share =
        static_cast<float>(elapsed_seconds / (elapsed_seconds + kUsualMemorySeconds));
    const auto mean = [share](float usual, float newest) {
        return usual + (newest - usual) * share;
    };
    const float moved_before = before.write_bytes_per_second + before.read_bytes_per_second;
    entry.usual_cpu_ratio = mean(before.usual_cpu_ratio, before.cpu_ratio);
    entry.usual_io_bytes_per_second = mean(before.usual_io_bytes_per_second, moved_before);
    if (entry.cpu_ratio >= kBusyRatio) entry.busy_seconds = before.busy_seconds + elapsed;
    if (entry.rss_growth_bytes_per_second >= kGrowingBytesPerSecond) {
        entry.growing_seconds = before.growing_seconds + elapsed;
    }
    const bool waits = entry.state == 'D' && before.state == 'D';
    const float moved = entry.write_bytes_per_second + entry.read_bytes_per_second;
    if (waits || moved >= kMovingBytesPerSecond) entry.io_seconds = before.io_seconds + elapsed;
    const bool stays = entry.state == before.state && (entry.state == 'D' || entry.state == 'T');
    if (stays && entry.cpu_ticks == before.cpu_ticks && moved <= 0) {
        entry.still_seconds = before.still_seconds + elapsed;
        entry.still_before_us = before.still_before_us;
    }
}

// Who was there before us has always used what it uses, as far as we know; who started later has
// used nothing before.
void ProcessTable::settle_usual() {
    if (!scanned_) {
        for (Entry& entry : current_) {
            newest_start_ticks_ = std::max(newest_start_ticks_, entry.start_ticks);
            entry.still_before_us = entry.state == 'T' || entry.state == 'D';
        }
        return;
    }
    for (Entry& entry : current_) {
        const Entry* before = find_previous(entry.pid, entry.start_ticks);
        if (before == nullptr || before->measured || entry.start_ticks > newest_start_ticks_)
            continue;
        entry.usual_cpu_ratio = entry.cpu_ratio;
        entry.usual_io_bytes_per_second =
            entry.write_bytes_per_second + entry.read_bytes_per_second;
    }
}

Result<ProcessCounts> ProcessTable::scan(const Root& root, std::span<char> buffer, Instant now) {
    std::swap(current_, previous_);
    current_.clear();
    const double elapsed = scanned_ ? (now - scanned_at_).seconds() : 0;
    ProcessCounts counts;
    bool first_seen = false;
    const auto status = root.list("proc", [&](std::string_view name) {
        const auto pid = pid_of(name);
        if (!pid) return true;
        first_seen = first_seen || *pid == 1;
        if (current_.size() == processes_max_) {
            ++counts.untracked;
            return true;
        }
        Entry entry;
        if (!read_entry(root, *pid, buffer, entry, counts)) return true;
        compare(entry, elapsed);
        current_.push_back(entry);
        return true;
    });
    if (!status) return status.error();
    std::sort(current_.begin(), current_.end(),
              [](const Entry& a, const Entry& b) { return a.pid < b.pid; });
    settle_usual();
    scanned_at_ = now;
    scanned_ = true;
    counts.others_hidden = !first_seen;
    return counts;
}

ProcessUse ProcessTable::use_of(const Entry& entry, const Root& root,
                                std::span<char> buffer) const {
    ProcessUse use;
    use.pid = entry.pid;
    use.start_ticks = entry.start_ticks;
    use.name = entry.name.view();
    use.cpu_ratio = static_cast<double>(entry.cpu_ratio);
    use.rss_bytes = as_double(entry.rss_pages * page_bytes_);
    use.rss_growth_bytes_per_second = static_cast<double>(entry.rss_growth_bytes_per_second);
    use.write_bytes_per_second = static_cast<double>(entry.write_bytes_per_second);
    use.threads = entry.threads;
    const auto cgroup = root.read(process_path(entry.pid, "cgroup").c_str(), buffer);
    if (cgroup) use.unit = unit_of_cgroup(*cgroup);
    return use;
}

void ProcessTable::note_open_files(std::int32_t pid, std::uint32_t files) {
    const Entry* entry = find_current(pid);
    if (entry != nullptr)
        current_[static_cast<std::size_t>(entry - current_.data())].open_files = files;
}

void ProcessTable::visit(FunctionRef<void(const ProcessView&)> tell) const {
    for (const Entry& entry : current_) {
        if (entry.kernel_thread) continue;
        ProcessView view;
        view.pid = entry.pid;
        view.name = entry.name;
        view.cpu_ratio = static_cast<double>(entry.cpu_ratio);
        view.rss_growth_bytes_per_second = static_cast<double>(entry.rss_growth_bytes_per_second);
        view.io_bytes_per_second =
            static_cast<double>(entry.write_bytes_per_second + entry.read_bytes_per_second);
        view.busy_seconds = static_cast<double>(entry.busy_seconds);
        view.growing_seconds = static_cast<double>(entry.growing_seconds);
        view.io_seconds = static_cast<double>(entry.io_seconds);
        view.state = entry.state;
        view.still_seconds = static_cast<double>(entry.still_seconds);
        view.still_before_us = entry.still_before_us;
        view.has_terminal = entry.has_terminal;
        view.is_daemon = entry.parent_pid == 1;
        view.gives_way = entry.gives_way;
        tell(view);
    }
}

}  // namespace homeostat
