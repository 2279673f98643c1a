// ProcessTable::writers_under and makers_under: the questions of incidents about full file systems.
#include <algorithm>
#include <array>

#include "collectors/mountinfo.hpp"
#include "collectors/process_files.hpp"
#include "collectors/process_table.hpp"
#include "collectors/source.hpp"

namespace homeostat {
namespace {

constexpr std::size_t kMakersMax = 32;
constexpr std::uint32_t kLinksMax = 4000;          // names in arguments: some 1 us each
constexpr std::uint32_t kDescriptorsMax = 20'000;  // some 5 us each: a tenth of a second

constexpr std::string_view kPathEnds("\0 \t\n\"'`;|&<>()", 14);  // in arguments and scripts

// Which paths belong to the mount itself.
class Territory {
public:
    Territory(const Root& root, std::string_view mount, std::span<char> buffer) : mount_(mount) {
        const auto text = root.read("proc/self/mountinfo", buffer);
        if (!text) return;
        (void)parse_mountinfo(*text, [&](const MountLine& line) {
            const FixedString<127> point = decode_mount_path(line.mount_point);
            if (filesystem_class(line.type) == FilesystemClass::Remote && !remote_.push(point)) {
                remote_.back() = "/";
            }
            if (point == mount_ || !is_beneath(point, mount_)) return;
            if (!deeper_.push(point)) crowded_ = true;
        });
    }

    [[nodiscard]] bool holds(std::string_view path) const {
        // The kernel shows memory without a name as a path of its own.
        constexpr std::string_view kMemory = "/memfd:";
        return is_beneath(path, mount_) && path.substr(0, kMemory.size()) != kMemory &&
               std::none_of(deeper_.begin(), deeper_.end(),
                            [&](const auto& point) { return is_beneath(path, point); });
    }
    // A path beneath it as a word of the text; every path is beneath "/", which tells nothing.
    [[nodiscard]] bool is_named_in(std::string_view text) const {
        if (mount_ == "/") return false;
        for (auto at = text.find(mount_); at != std::string_view::npos;
             at = text.find(mount_, at + 1)) {
            if (holds(word_at(text, at))) return true;
        }
        return false;
    }
    // The same by way of a symbolic link. `links_left` is how many more names may be looked at.
    [[nodiscard]] bool is_linked_in(std::string_view text, const Root& root,
                                    std::uint32_t& links_left) const {
        if (mount_ == "/") return false;
        for (auto at = text.find('/'); at != std::string_view::npos;) {
            const std::string_view word = word_at(text, at);
            const bool begins = at == 0 || kPathEnds.find(text[at - 1]) != std::string_view::npos;
            if (begins && holds(followed(word, root, links_left))) return true;
            at = text.find('/', at + word.size());
        }
        return false;
    }
    // More mounts beneath it than we keep apart.
    [[nodiscard]] bool crowded() const { return crowded_; }

private:
    using Path = FixedString<255>;

    static std::string_view word_at(std::string_view text, std::size_t at) {
        const std::string_view rest = text.substr(at);
        return rest.substr(0, rest.find_first_of(kPathEnds));
    }

    // The path with its first link replaced by what that leads to; empty when it has none. A server
    // may not answer: what lies on one is not looked at.
    [[nodiscard]] Path followed(std::string_view path, const Root& root,
                                std::uint32_t& links_left) const {
        std::array<char, 256> buffer;
        for (auto end = path.find('/', 1); links_left > 0; end = path.find('/', end + 1)) {
            const Path name(path.substr(0, end));
            const bool far = std::any_of(remote_.begin(), remote_.end(), [&](const auto& point) {
                return is_beneath(name, point);
            });
            if (far || name.size() < 2 || name.truncated()) return {};
            --links_left;
            if (const auto target = root.read_link(name.c_str() + 1, buffer)) {
                Path out;
                if (!target->starts_with('/'))
                    out.append(path.substr(0, name.view().rfind('/') + 1));
                out.append(*target);
                if (end != std::string_view::npos) out.append(path.substr(end));
                return out.truncated() ? Path{} : out;
            }
            if (end == std::string_view::npos) break;
        }
        return {};
    }

    std::string_view mount_;
    FixedVector<FixedString<127>, 16> remote_;
    FixedVector<FixedString<127>, 64> deeper_;
    bool crowded_ = false;
};

// One search through processes' open files, with a bound on its work.
class Search {
public:
    Search(const Root& root, const Territory& territory, std::span<char> buffer)
        : root_(root), territory_(territory), buffer_(buffer) {}

    // How many files beneath the mount the process has open for writing.
    std::uint32_t open_for_writing(std::int32_t pid) {
        std::uint32_t found = 0;
        const auto status =
            root_.list(process_path(pid, "fd").c_str(), [&](std::string_view descriptor) {
                if (looked_at_ == kDescriptorsMax) return false;
                ++looked_at_;
                if (writes_here(pid, descriptor)) ++found;
                return true;
            });
        if (!status && status.error().code == Errc::Denied) ++not_permitted_;
        return found;
    }

    bool works_here(std::int32_t pid) {
        const auto target = root_.read_link(process_path(pid, "cwd").c_str(), buffer_);
        return target && territory_.holds(*target);
    }

    // Whether it was started with a path beneath the mount, also within a script's text.
    bool names_it(std::int32_t pid) {
        const auto text = root_.read(process_path(pid, "cmdline").c_str(), buffer_);
        return text && (territory_.is_named_in(*text) ||
                        territory_.is_linked_in(*text, root_, links_left_));
    }

    [[nodiscard]] bool exhausted() const { return looked_at_ == kDescriptorsMax; }
    [[nodiscard]] std::uint32_t not_permitted() const { return not_permitted_; }

private:
    bool writes_here(std::int32_t pid, std::string_view descriptor) {
        FixedString<63> path = process_path(pid, "fd/");
        path.append(descriptor);
        const auto target = root_.read_link(path.c_str(), buffer_);
        if (!target || !territory_.holds(*target)) return false;
        path = process_path(pid, "fdinfo/");
        path.append(descriptor);
        const auto info = root_.read(path.c_str(), buffer_);
        return info && is_open_for_writing(*info);
    }

    const Root& root_;
    const Territory& territory_;
    std::span<char> buffer_;
    std::uint32_t looked_at_ = 0;
    std::uint32_t links_left_ = kLinksMax;
    std::uint32_t not_permitted_ = 0;
};

bool writes_more(const ProcessUse& a, const ProcessUse& b) {
    if (a.write_bytes_per_second != b.write_bytes_per_second) {
        return a.write_bytes_per_second > b.write_bytes_per_second;
    }
    return a.open_files > b.open_files;
}

// Keeps the leaders, in order.
void keep_leader(ProcessList& list, const ProcessUse& use) {
    if (list.full()) {
        if (!writes_more(use, list.back())) return;
        list.shrink(list.size() - 1);
    }
    (void)list.push(use);
    std::sort(list.begin(), list.end(), writes_more);
}

void explain(Writers& writers, const Territory& territory) {
    if (writers.not_permitted > 0) {
        format_into(writers.note, "the open files of {} processes could not be looked at",
                    writers.not_permitted);
    } else if (!writers.complete) {
        format_into(writers.note, "stopped after {} open files", kDescriptorsMax);
    } else if (territory.crowded()) {
        writers.note = "some files may lie on a mount deeper down";
    }
}

}  // namespace

void ProcessTable::rank_by_writes() {
    ranked_.clear();
    for (std::uint32_t i = 0; i < current_.size(); ++i) {
        if (!current_[i].kernel_thread && current_[i].state != 'Z') ranked_.push_back(i);
    }
    std::sort(ranked_.begin(), ranked_.end(), [&](std::uint32_t a, std::uint32_t b) {
        if (current_[a].write_bytes_per_second != current_[b].write_bytes_per_second) {
            return current_[a].write_bytes_per_second > current_[b].write_bytes_per_second;
        }
        return current_[a].pid > current_[b].pid;  // the newer one first
    });
}

// The rate since the last pass when that is long enough ago, else the one that the pass found.
double ProcessTable::write_rate(const Entry& entry, const Root& root, std::span<char> buffer,
                                Instant now) const {
    constexpr double kSecondsMin = 1;  // shorter, and a single large write looks like a rate
    const double elapsed = (now - scanned_at_).seconds();
    const double before = static_cast<double>(entry.write_bytes_per_second);
    if (!entry.io_known || elapsed < kSecondsMin) return before;
    const auto io = root.read(process_path(entry.pid, "io").c_str(), buffer);
    const auto written = io ? parse_written_bytes(*io) : std::nullopt;
    if (!written || *written < entry.written_bytes) return before;
    // A writer that pauses at this moment is still the writer.
    return std::max(before, as_double(*written - entry.written_bytes) / elapsed);
}

Writers ProcessTable::writers_under(const Root& root, std::string_view mount,
                                    std::span<char> buffer, Instant now) {
    const Territory territory(root, mount, buffer);
    Search search(root, territory, buffer);
    Writers writers;
    rank_by_writes();
    for (const std::uint32_t i : ranked_) {
        const Entry& entry = current_[i];
        const std::uint32_t open_files = search.open_for_writing(entry.pid);
        if (search.exhausted()) break;
        if (open_files == 0) continue;
        ProcessUse use = use_of(entry, root, buffer);
        use.open_files = open_files;
        use.write_bytes_per_second = write_rate(entry, root, buffer, now);
        keep_leader(writers.processes, use);
    }
    if (writers.processes.empty()) {
        for (const std::uint32_t i : ranked_) {
            const Entry& entry = current_[i];
            const double rate = write_rate(entry, root, buffer, now);
            if (rate <= 0) continue;
            if (!search.works_here(entry.pid) && !search.names_it(entry.pid)) continue;
            ProcessUse use = use_of(entry, root, buffer);
            use.write_bytes_per_second = rate;
            keep_leader(writers.processes, use);
        }
    }
    writers.not_permitted = search.not_permitted();
    writers.complete = !search.exhausted();
    explain(writers, territory);
    return writers;
}

ProcessList ProcessTable::makers_under(const Root& root, std::string_view mount,
                                       std::span<char> buffer) {
    const Territory territory(root, mount, buffer);
    Search search(root, territory, buffer);
    FixedVector<const Entry*, kMakersMax> makers;
    rank_by_writes();
    double total = 0;
    for (const std::uint32_t i : ranked_) {
        const Entry& entry = current_[i];
        const bool concerned = search.names_it(entry.pid) || search.works_here(entry.pid) ||
                               search.open_for_writing(entry.pid) > 0;
        if (!concerned || !makers.push(&entry)) continue;
        total += static_cast<double>(entry.cpu_ratio);
    }
    sort_in_place(makers,
                  [](const Entry* a, const Entry* b) { return a->cpu_ratio > b->cpu_ratio; });
    ProcessList list;
    for (const Entry* maker : makers) {
        ProcessUse use = use_of(*maker, root, buffer);
        use.share = total > 0 ? use.cpu_ratio / total : 1 / as_double(makers.size());
        if (!list.push(use)) break;
    }
    return list;
}

}  // namespace homeostat
