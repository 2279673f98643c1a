// ProcessTable's answer to "what ran at that moment?": all who stand out, one line each.
#include "collectors/process_snapshot.hpp"

#include <algorithm>
#include <array>

#include "collectors/process_files.hpp"
#include "collectors/process_table.hpp"
#include "collectors/source.hpp"
#include "core/format.hpp"
#include "core/printable.hpp"

namespace homeostat {
namespace {

constexpr std::array kOrders{ProcessOrder::Cpu,    ProcessOrder::Rss, ProcessOrder::RssGrowth,
                             ProcessOrder::Writes, ProcessOrder::Io,  ProcessOrder::Threads,
                             ProcessOrder::Files};

constexpr std::string_view kHead =
    "    pid S  cores    memory  growth/s  writes/s   reads/s threads  files   start name, unit\n";

// A name may hold anything, line feeds too, and so may that of a user's own control group.
template <std::size_t Capacity>
FixedString<Capacity> shown(const FixedString<Capacity>& name) {
    std::array<char, Capacity> bytes;
    const std::size_t size = name.view().copy(bytes.data(), bytes.size());
    make_printable({bytes.data(), size});
    return FixedString<Capacity>(std::string_view(bytes.data(), size));
}

}  // namespace

void ProcessTable::describe(const Root& root, std::span<char> buffer, ProcessSnapshotText& out) {
    static_assert(kOrders.size() * kSnapshotOfEach + kSnapshotWaiting <= kSnapshotProcesses);
    FixedVector<std::uint32_t, kSnapshotProcesses> chosen;
    const auto choose = [&](std::uint32_t place) {
        if (std::find(chosen.begin(), chosen.end(), place) == chosen.end()) {
            (void)chosen.push(place);
        }
    };
    for (const ProcessOrder order : kOrders) {
        ranked_.clear();
        for (std::uint32_t i = 0; i < current_.size(); ++i) {
            if (!current_[i].kernel_thread && key_of(current_[i], order) > 0) ranked_.push_back(i);
        }
        const std::size_t most = std::min(ranked_.size(), kSnapshotOfEach);
        const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(most);
        std::partial_sort(ranked_.begin(), end, ranked_.end(), [&](auto a, auto b) {
            const double key_a = key_of(current_[a], order);
            const double key_b = key_of(current_[b], order);
            return key_a != key_b ? key_a > key_b : a < b;
        });
        std::for_each(ranked_.begin(), end, choose);
    }
    std::uint32_t waiting = 0;
    for (std::uint32_t i = 0; i < current_.size(); ++i) {
        const char state = current_[i].state;
        if ((state == 'D' || state == 'Z') && waiting++ < kSnapshotWaiting) choose(i);
    }
    for (std::uint32_t i = 0; i < current_.size() && !chosen.full(); ++i) {
        if (!current_[i].kernel_thread) choose(i);
    }
    std::sort(chosen.begin(), chosen.end());
    format_into(out,
                "{} processes, {} told: the first {} each by cores, memory, growth, writes, reads, "
                "threads and files, those in state D or Z ({}, at most {} told), and of the others "
                "that are no threads of the kernel as many as there is room for\n{}",
                current_.size(), chosen.size(), kSnapshotOfEach, waiting, kSnapshotWaiting, kHead);
    for (const std::uint32_t place : chosen) describe_one(current_[place], root, buffer, out);
}

void ProcessTable::describe_one(const Entry& entry, const Root& root, std::span<char> buffer,
                                ProcessSnapshotText& out) const {
    const ProcessUse use = use_of(entry, root, buffer);
    FixedString<255> line;
    format_into(line, "{:>7} {} {:>6.2f} {:>9} {:>9} {:>9} {:>9} {:>7} {:>6} {:>7.0f} {}{}{}\n",
                entry.pid, entry.state, use.cpu_ratio, human_bytes(use.rss_bytes),
                human_bytes(std::max(use.rss_growth_bytes_per_second, 0.0)),
                human_bytes(use.write_bytes_per_second),
                human_bytes(static_cast<double>(entry.read_bytes_per_second)), entry.threads,
                entry.open_files, as_double(entry.start_ticks) / kTicksPerSecond, shown(entry.name),
                use.unit.empty() ? "" : ", ", shown(use.unit));
    out.append(line);
}

}  // namespace homeostat
