// ProcessTable remembers what each process used between two looks, and names the culprits.
//
// One pass every few seconds reads /proc/PID/stat, and /proc/PID/io where permitted, of at most a
// fixed number of processes. The table is then asked at an incident's onset; only these rare
// questions look at cgroups and open files. Sources: proc(5), proc_pid_io(5), proc_pid_fdinfo(5).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/process_snapshot.hpp"
#include "core/function_ref.hpp"
#include "core/incident.hpp"
#include "core/root.hpp"

namespace homeostat {

using ProcessList = FixedVector<ProcessUse, 3>;

// Threads is how many there are: of one process, or of all with one name. Files are those that
// note_open_files() was told of.
enum class ProcessOrder : std::uint8_t { Cpu, Rss, RssGrowth, Writes, Io, Threads, Files };

// What two passes say of one process. Rates are 0 until it was seen twice.
struct ProcessView {
    std::int32_t pid = 0;
    std::string_view name;
    double cpu_ratio = 0;  // of one core
    double rss_growth_bytes_per_second = 0;
    double io_bytes_per_second = 0;  // written to anything, read from a disk
    double busy_seconds = 0;     // it has used a twentieth of a core for so long without a pause
    double growing_seconds = 0;  // its memory has grown a MiB a second or more for so long
    double io_seconds = 0;       // it has moved a MiB a second or waited for it for so long
    char state = '?';
    double still_seconds = 0;      // in states D and T: so long without a step forward
    bool still_before_us = false;  // it was so at the first pass: perhaps on purpose
    bool has_terminal = false;     // what stopped it may have been Ctrl-Z
    bool is_daemon = false;        // the init is its parent
    bool gives_way = false;        // nice, or of a class that takes what others leave
};

// Who writes beneath a mount.
struct Writers {
    ProcessList processes;            // the fastest writer first; open_files 0: only works in there
    std::uint32_t not_permitted = 0;  // processes whose open files we may not see
    bool complete = true;             // false: the bound on work was reached
    FixedString<127> note;            // one line when something could not be looked at
};

// What one pass found.
struct ProcessCounts {
    std::uint32_t processes = 0;
    std::uint32_t threads = 0;
    std::uint32_t uninterruptible = 0;  // state D
    std::uint32_t zombies = 0;
    std::uint32_t untracked = 0;  // more processes than the table holds
    std::uint32_t io_denied = 0;  // whose I/O we may not see
    bool others_hidden = false;   // pid 1 is not visible (hidepid): counts are not the host's
};

class ProcessTable {
public:
    // Allocates everything now.
    ProcessTable(std::size_t processes_max, std::uint64_t page_bytes);

    // One pass. `buffer` holds the text of one small file at a time.
    Result<ProcessCounts> scan(const Root& root, std::span<char> buffer, Instant now);

    // The leaders since the last pass but one; with units, read now. Kernel threads are left out.
    ProcessList top(ProcessOrder order, const Root& root, std::span<char> buffer) const;

    // Processes with files open for writing beneath `mount` (a mount point such as "/srv", without
    // what is mounted deeper), ranked by write rate: all bytes given to write(2), because what goes
    // to a tmpfs never reaches a disk. When none is open at this moment (a writer that opens and
    // closes), those that have their working directory there and write.
    Writers writers_under(const Root& root, std::string_view mount, std::span<char> buffer,
                          Instant now);

    // Who may be making files beneath `mount`. An empty file costs no written byte and is open for
    // some microseconds, so nothing counts who made it: looked for are those that have something
    // open for writing there, work there, or were started with a path there (arguments are compared
    // and never kept), ranked by the processor time they use; `share` is of theirs together.
    ProcessList makers_under(const Root& root, std::string_view mount, std::span<char> buffer);

    // The same by name: the workers of one program are told of together, by their largest one, with
    // sums, their number in `namesakes` and their `share` of what all processes use. For Cpu and Io
    // half of that is their share of what is new: who grew goes before who has always used as much.
    // With a `unit`, only its processes are looked at.
    ProcessList top_names(ProcessOrder order, const Root& root, std::span<char> buffer,
                          std::string_view unit = {});

    // Who has most of what `weigh` finds with a process, by name: the sum in `sockets`, how many
    // they are in `namesakes`. The newest processes are asked first.
    ProcessList leaders_by(FunctionRef<double(std::int32_t pid)> weigh, const Root& root,
                           std::span<char> buffer) const;

    // The parents of all processes of this name, or without one of the dead that nobody collected:
    // how many of them in `namesakes`, which part of all in `share`, and 0 in `threads`.
    ProcessList parents_of(std::string_view name, const Root& root, std::span<char> buffer);

    // The process of this name that has most files open, or nothing; the one that grows fastest.
    ProcessList named(std::string_view name, const Root& root, std::span<char> buffer) const;
    ProcessList growing(std::string_view name, const Root& root, std::span<char> buffer) const;

    // What somebody who looked at /proc/PID/fd found. Kept until the process is looked at again.
    void note_open_files(std::int32_t pid, std::uint32_t files);

    // Appends what a person wants to know of that moment. Reads the unit of each that is told.
    void describe(const Root& root, std::span<char> buffer, ProcessSnapshotText& out);

    // Who holds the socket of this number (an inode, as in /proc/net/tcp): one process, of several
    // with one name the oldest, which handed it down; or nobody that we may look at.
    struct Holder {
        ProcessList processes;
        bool complete = true;  // false: some processes could not be looked at
    };
    Holder holder_of_socket(const Root& root, std::uint64_t inode, std::span<char> buffer);

    // Every user process of the last pass, in the order of their ids.
    void visit(FunctionRef<void(const ProcessView&)> tell) const;

    [[nodiscard]] std::size_t size() const { return current_.size(); }
    // What was allocated at start.
    [[nodiscard]] std::size_t memory_bytes() const {
        return processes_max_ * (2 * sizeof(Entry) + sizeof(std::uint32_t));
    }

private:
    struct Entry {
        std::int32_t pid = 0;
        char state = '?';
        bool kernel_thread = false;
        bool io_known = false;
        bool measured = false;  // seen twice: the rates mean something
        bool still_before_us = false;
        bool has_terminal = false;
        bool gives_way = false;
        std::int32_t parent_pid = 0;
        std::uint64_t start_ticks = 0;
        std::uint64_t cpu_ticks = 0;
        std::uint64_t rss_pages = 0;
        std::uint64_t written_bytes = 0;
        std::uint64_t read_bytes = 0;  // from a disk
        std::uint32_t threads = 0;
        std::uint32_t open_files = 0;  // 0: not looked at
        float cpu_ratio = 0;
        float rss_growth_bytes_per_second = 0;
        float write_bytes_per_second = 0;
        float read_bytes_per_second = 0;
        float busy_seconds = 0;
        float growing_seconds = 0;
        float io_seconds = 0;
        float still_seconds = 0;
        float usual_cpu_ratio = 0;  // a mean that forgets in a minute, without the newest pass
        float usual_io_bytes_per_second = 0;
        FixedString<15> name;
    };

    [[nodiscard]] const Entry* find_current(std::int32_t pid) const;
    [[nodiscard]] const Entry* find_previous(std::int32_t pid, std::uint64_t start_ticks) const;
    bool read_entry(const Root& root, std::int32_t pid, std::span<char> buffer, Entry& entry,
                    ProcessCounts& counts) const;
    void compare(Entry& entry, double elapsed_seconds) const;
    void settle_usual();
    [[nodiscard]] static double key_of(const Entry& entry, ProcessOrder order);
    [[nodiscard]] ProcessUse use_of(const Entry& entry, const Root& root,
                                    std::span<char> buffer) const;
    [[nodiscard]] static double growth_of(const Entry& entry, ProcessOrder order);
    [[nodiscard]] bool is_of_unit(const Entry& entry, std::string_view unit, const Root& root,
                                  std::span<char> buffer) const;
    void describe_one(const Entry& entry, const Root& root, std::span<char> buffer,
                      ProcessSnapshotText& out) const;
    static void follow(Entry& entry, const Entry& before, double elapsed_seconds);
    void add_namesakes(ProcessUse& use, const Entry& first) const;
    void rank_by_writes();
    [[nodiscard]] double write_rate(const Entry& entry, const Root& root, std::span<char> buffer,
                                    Instant now) const;

    std::size_t processes_max_;
    std::uint64_t page_bytes_;
    std::vector<Entry> current_;         // sorted by pid
    std::vector<Entry> previous_;        // of the pass before
    std::vector<std::uint32_t> ranked_;  // into current_: work space of writers_under
    Instant scanned_at_;
    bool scanned_ = false;
    std::uint64_t newest_start_ticks_ =
        0;  // of the first pass: who is younger started under our eyes
};

}  // namespace homeostat
