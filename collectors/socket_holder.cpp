// ProcessTable::holder_of_socket: the question of an event about a port that opened.
#include <algorithm>

#include "collectors/process_files.hpp"
#include "collectors/process_table.hpp"

namespace homeostat {
namespace {

constexpr std::uint32_t kDescriptorsMax = 20'000;  // some 5 us each: a tenth of a second

class Search {
public:
    Search(const Root& root, std::uint64_t inode, std::span<char> buffer)
        : root_(root), buffer_(buffer) {
        format_into(wanted_, "socket:[{}]", inode);
    }

    bool holds(std::int32_t pid) {
        bool found = false;
        const auto status =
            root_.list(process_path(pid, "fd").c_str(), [&](std::string_view descriptor) {
                if (looked_at_ == kDescriptorsMax) return false;
                ++looked_at_;
                FixedString<63> path = process_path(pid, "fd/");
                path.append(descriptor);
                const auto target = root_.read_link(path.c_str(), buffer_);
                found = target && *target == wanted_.view();
                return !found;
            });
        denied_ = denied_ || (!status && status.error().code == Errc::Denied);
        return found;
    }

    [[nodiscard]] bool complete() const { return !denied_ && looked_at_ < kDescriptorsMax; }

private:
    const Root& root_;
    std::span<char> buffer_;
    FixedString<31> wanted_;
    std::uint32_t looked_at_ = 0;
    bool denied_ = false;
};

}  // namespace

// Who begins to listen has mostly just been started: the newest are asked first. A server's workers
// hold the socket, too: of the processes with that name the oldest is their master.
ProcessTable::Holder ProcessTable::holder_of_socket(const Root& root, std::uint64_t inode,
                                                    std::span<char> buffer) {
    ranked_.clear();
    for (std::uint32_t i = 0; i < current_.size(); ++i) {
        if (!current_[i].kernel_thread) ranked_.push_back(i);
    }
    const auto older = [&](std::uint32_t a, std::uint32_t b) {
        return current_[a].start_ticks != current_[b].start_ticks
                   ? current_[a].start_ticks < current_[b].start_ticks
                   : current_[a].pid < current_[b].pid;
    };
    std::sort(ranked_.begin(), ranked_.end(), older);
    Search search(root, inode, buffer);
    Holder holder;
    const auto newest = std::find_if(ranked_.rbegin(), ranked_.rend(), [&](std::uint32_t i) {
        return search.holds(current_[i].pid);
    });
    holder.complete = search.complete();
    if (newest == ranked_.rend()) return holder;
    const auto& name = current_[*newest].name;
    const auto master = std::find_if(ranked_.begin(), ranked_.end(), [&](std::uint32_t i) {
        return i == *newest || (current_[i].name == name && search.holds(current_[i].pid));
    });
    (void)holder.processes.push(use_of(current_[*master], root, buffer));
    return holder;
}

}  // namespace homeostat
