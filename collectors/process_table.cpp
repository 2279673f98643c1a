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
constexpr float kBusyRatio = 0.5F;
constexpr float kGrowingBytesPerSecond = 1048576.0F;
constexpr float kMovingBytesPerSecond = 1048576.0F;

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

// How long it has been busy, growing, moving data: a pass without it begins anew.
void ProcessTable::follow(Entry& entry, const Entry& before, double elapsed_seconds) {
    const auto elapsed = static_cast<float>(elapsed_seconds);
    if (entry.cpu_ratio >= kBusyRatio) entry.busy_seconds = before.busy_seconds + elapsed;
    if (entry.rss_growth_bytes_per_second >= kGrowingBytesPerSecond) {
        entry.growing_seconds = before.growing_seconds + elapsed;
    }
    const bool waits = entry.state == 'D' && before.state == 'D';
    const float moved = entry.write_bytes_per_second + entry.read_bytes_per_second;
    if (waits || moved >= kMovingBytesPerSecond) entry.io_seconds = before.io_seconds + elapsed;
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
    scanned_at_ = now;
    scanned_ = true;
    counts.others_hidden = !first_seen;
    return counts;
}

double ProcessTable::key_of(const Entry& entry, ProcessOrder order) {
    switch (order) {
        case ProcessOrder::Cpu: return entry.cpu_ratio;
        case ProcessOrder::Rss: return as_double(entry.rss_pages);
        case ProcessOrder::RssGrowth: return entry.rss_growth_bytes_per_second;
        case ProcessOrder::Writes: return entry.write_bytes_per_second;
        case ProcessOrder::Io: return entry.write_bytes_per_second + entry.read_bytes_per_second;
        case ProcessOrder::Threads: return entry.threads;
        case ProcessOrder::Files: return entry.open_files;
    }
    return 0;
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

ProcessList ProcessTable::top(ProcessOrder order, const Root& root, std::span<char> buffer) const {
    FixedVector<const Entry*, ProcessList::capacity()> leaders;
    for (const Entry& entry : current_) {
        if (entry.kernel_thread || key_of(entry, order) <= 0) continue;
        if (leaders.full()) {
            if (key_of(*leaders.back(), order) >= key_of(entry, order)) continue;
            leaders.shrink(leaders.size() - 1);
        }
        (void)leaders.push(&entry);
        sort_in_place(leaders, [&](const Entry* a, const Entry* b) {
            return key_of(*a, order) > key_of(*b, order);
        });
    }
    ProcessList list;
    for (const Entry* entry : leaders) (void)list.push(use_of(*entry, root, buffer));
    return list;
}

namespace {

// A group of processes with one name.
struct Group {
    std::uint32_t largest = 0;
    std::uint32_t size = 0;
    double sum = 0;
};

}  // namespace

ProcessList ProcessTable::top_names(ProcessOrder order, const Root& root, std::span<char> buffer) {
    ranked_.clear();
    double total = 0;
    for (std::uint32_t i = 0; i < current_.size(); ++i) {
        if (current_[i].kernel_thread || key_of(current_[i], order) <= 0) continue;
        ranked_.push_back(i);
        total += key_of(current_[i], order);
    }
    std::sort(ranked_.begin(), ranked_.end(), [&](std::uint32_t a, std::uint32_t b) {
        const auto by_name = current_[a].name <=> current_[b].name;
        if (by_name != 0) return by_name < 0;
        const double key_a = key_of(current_[a], order);
        const double key_b = key_of(current_[b], order);
        return key_a != key_b ? key_a > key_b : current_[a].pid > current_[b].pid;
    });
    FixedVector<Group, ProcessList::capacity()> largest;
    for (std::size_t i = 0; i < ranked_.size();) {
        Group group{.largest = ranked_[i], .size = 0, .sum = 0};
        const auto& name = current_[group.largest].name;
        for (; i < ranked_.size() && current_[ranked_[i]].name == name; ++i) {
            ++group.size;
            group.sum += key_of(current_[ranked_[i]], order);
        }
        if (largest.full()) {
            if (largest.back().sum >= group.sum) continue;
            largest.shrink(largest.size() - 1);
        }
        (void)largest.push(group);
        sort_in_place(largest, [](const Group& a, const Group& b) { return a.sum > b.sum; });
    }
    ProcessList list;
    for (const Group& group : largest) {
        ProcessUse use = use_of(current_[group.largest], root, buffer);
        add_namesakes(use, current_[group.largest]);
        use.namesakes = group.size;
        use.share = group.sum / total;
        if (order == ProcessOrder::Files) use.open_files = static_cast<std::uint32_t>(group.sum);
        (void)list.push(use);
    }
    return list;
}

// Makes the numbers of `use` those of all processes with the name of `first`.
void ProcessTable::add_namesakes(ProcessUse& use, const Entry& first) const {
    use.cpu_ratio = use.rss_bytes = use.rss_growth_bytes_per_second = 0;
    use.write_bytes_per_second = 0;
    use.threads = 0;
    for (const Entry& entry : current_) {
        if (entry.kernel_thread || !(entry.name == first.name)) continue;
        use.cpu_ratio += static_cast<double>(entry.cpu_ratio);
        use.rss_bytes += as_double(entry.rss_pages * page_bytes_);
        use.rss_growth_bytes_per_second += static_cast<double>(entry.rss_growth_bytes_per_second);
        use.write_bytes_per_second += static_cast<double>(entry.write_bytes_per_second);
        use.threads += entry.threads;
    }
}

void ProcessTable::note_open_files(std::int32_t pid, std::uint32_t files) {
    const auto at = std::lower_bound(
        current_.begin(), current_.end(), pid,
        [](const Entry& entry, std::int32_t wanted) { return entry.pid < wanted; });
    if (at != current_.end() && at->pid == pid) at->open_files = files;
}

ProcessList ProcessTable::named(std::string_view name, const Root& root,
                                std::span<char> buffer) const {
    constexpr std::uint32_t kFilesMax = 20'000;
    ProcessUse most;
    bool found = false;
    std::uint32_t looked_at = 0;
    for (const Entry& entry : current_) {
        if (!(entry.name == name) || looked_at >= kFilesMax) continue;
        std::uint32_t files = 0;
        (void)root.list(process_path(entry.pid, "fd").c_str(), [&](std::string_view) {
            ++files;
            return ++looked_at < kFilesMax;
        });
        if (found && files <= most.open_files) continue;
        most = use_of(entry, root, buffer);
        most.open_files = files;
        found = true;
    }
    ProcessList list;
    if (found) (void)list.push(most);
    return list;
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
        tell(view);
    }
}

}  // namespace homeostat
