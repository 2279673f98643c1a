// ProcessTable's questions about the whole host: who uses most, who grew, and by which name.
#include <algorithm>

#include "collectors/process_files.hpp"
#include "collectors/process_table.hpp"
#include "collectors/source.hpp"
#include "core/parse.hpp"

namespace homeostat {

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

// How much more than it used to. Of memory the growth is an order of its own.
double ProcessTable::growth_of(const Entry& entry, ProcessOrder order) {
    float growth = 0;
    if (order == ProcessOrder::Cpu) growth = entry.cpu_ratio - entry.usual_cpu_ratio;
    if (order == ProcessOrder::Io) {
        growth = entry.write_bytes_per_second + entry.read_bytes_per_second -
                 entry.usual_io_bytes_per_second;
    }
    return static_cast<double>(std::max(growth, 0.0F));
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
    double growth = 0;

    [[nodiscard]] double weight() const { return sum + growth; }
};

}  // namespace

// What is no unit of systemd's ("docker/4d2f") is the end of a control group's path.
bool ProcessTable::is_of_unit(const Entry& entry, std::string_view unit, const Root& root,
                              std::span<char> buffer) const {
    if (unit.empty()) return true;
    const auto cgroup = root.read(process_path(entry.pid, "cgroup").c_str(), buffer);
    if (!cgroup) return false;
    if (unit_of_cgroup(*cgroup) == unit) return true;
    if (!unit_of_path(unit).empty()) return false;
    std::string_view text = *cgroup;
    for (std::string_view line; next_line(text, line);) {
        if (line.ends_with(unit) && line.substr(0, line.size() - unit.size()).ends_with('/')) {
            return true;
        }
    }
    return false;
}

ProcessList ProcessTable::top_names(ProcessOrder order, const Root& root, std::span<char> buffer,
                                    std::string_view unit) {
    ranked_.clear();
    double total = 0;
    double total_growth = 0;
    for (std::uint32_t i = 0; i < current_.size(); ++i) {
        if (current_[i].kernel_thread || key_of(current_[i], order) <= 0) continue;
        if (!is_of_unit(current_[i], unit, root, buffer)) continue;
        ranked_.push_back(i);
        total += key_of(current_[i], order);
        total_growth += growth_of(current_[i], order);
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
        Group group{.largest = ranked_[i], .size = 0, .sum = 0, .growth = 0};
        const auto& name = current_[group.largest].name;
        for (; i < ranked_.size() && current_[ranked_[i]].name == name; ++i) {
            ++group.size;
            group.sum += key_of(current_[ranked_[i]], order);
            group.growth += growth_of(current_[ranked_[i]], order);
        }
        if (largest.full()) {
            if (largest.back().weight() >= group.weight()) continue;
            largest.shrink(largest.size() - 1);
        }
        (void)largest.push(group);
        sort_in_place(largest,
                      [](const Group& a, const Group& b) { return a.weight() > b.weight(); });
    }
    ProcessList list;
    for (const Group& group : largest) {
        ProcessUse use = use_of(current_[group.largest], root, buffer);
        add_namesakes(use, current_[group.largest]);
        use.namesakes = group.size;
        use.share = group.sum / total;
        if (total_growth > 0) use.share = (use.share + group.growth / total_growth) / 2;
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

ProcessList ProcessTable::leaders_by(FunctionRef<double(std::int32_t pid)> weigh, const Root& root,
                                     std::span<char> buffer) const {
    struct Leader {
        const Entry* newest = nullptr;
        std::uint32_t size = 0;
        double sum = 0;
    };
    FixedVector<Leader, 32> leaders;
    for (auto entry = current_.rbegin(); entry != current_.rend(); ++entry) {
        const double weight = entry->kernel_thread ? 0 : weigh(entry->pid);
        if (weight <= 0) continue;
        auto* known = std::find_if(leaders.begin(), leaders.end(), [&](const Leader& leader) {
            return leader.newest->name == entry->name;
        });
        if (known != leaders.end()) {
            ++known->size;
            known->sum += weight;
        } else {
            (void)leaders.push({.newest = &*entry, .size = 1, .sum = weight});
        }
    }
    sort_in_place(leaders, [](const Leader& a, const Leader& b) { return a.sum > b.sum; });
    ProcessList list;
    for (const Leader& leader : leaders) {
        ProcessUse use = use_of(*leader.newest, root, buffer);
        use.namesakes = leader.size;
        use.sockets = leader.sum;
        if (!list.push(use)) break;
    }
    return list;
}

ProcessList ProcessTable::parents_of(std::string_view name, const Root& root,
                                     std::span<char> buffer) {
    ranked_.clear();
    for (std::uint32_t i = 0; i < current_.size(); ++i) {
        const bool wanted = name.empty() ? current_[i].state == 'Z' : current_[i].name == name;
        if (wanted) ranked_.push_back(i);
    }
    std::sort(ranked_.begin(), ranked_.end(), [&](std::uint32_t a, std::uint32_t b) {
        return current_[a].parent_pid < current_[b].parent_pid;
    });
    ProcessList list;
    for (std::size_t i = 0; i < ranked_.size();) {
        const std::int32_t pid = current_[ranked_[i]].parent_pid;
        std::uint32_t children = 0;
        for (; i < ranked_.size() && current_[ranked_[i]].parent_pid == pid; ++i) ++children;
        const Entry* parent = find_current(pid);
        if (parent == nullptr || (list.full() && list.back().namesakes >= children)) continue;
        if (list.full()) list.shrink(list.size() - 1);
        ProcessUse use = use_of(*parent, root, buffer);
        use.threads = 0;
        use.namesakes = children;
        use.share = as_double(children) / as_double(ranked_.size());
        (void)list.push(use);
        sort_in_place(list, [](const ProcessUse& a, const ProcessUse& b) {
            return a.namesakes > b.namesakes;
        });
    }
    return list;
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

ProcessList ProcessTable::growing(std::string_view name, const Root& root,
                                  std::span<char> buffer) const {
    const Entry* fastest = nullptr;
    for (const Entry& entry : current_) {
        if (!(entry.name == name)) continue;
        const bool faster = fastest == nullptr || entry.rss_growth_bytes_per_second >
                                                      fastest->rss_growth_bytes_per_second;
        if (faster) fastest = &entry;
    }
    ProcessList list;
    if (fastest != nullptr) (void)list.push(use_of(*fastest, root, buffer));
    return list;
}

}  // namespace homeostat
