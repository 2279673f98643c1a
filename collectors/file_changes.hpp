// FileChangesCollector tells which files below the configured directories were changed: /etc.
//
// A walk over the tree, a few directories a second, compares each file's ctime with the time at
// which the walk before began: no list of files is kept, and the cost has a bound. (Watches of
// inotify(7) would cost one kernel object for each directory, and lose what happens before they are
// set.) The ctime cannot be set by the one who edits, as the modification time can. What was
// removed or renamed away shows as a change of its directory. What lies on a mount that may hang
// (network, FUSE) is left out. Sources: inode(7), proc_pid_mountinfo(5).
#pragma once

#include <string>
#include <vector>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"

namespace homeostat {

class FileChangesCollector final : public Collector {
public:
    static constexpr std::size_t kDirectoriesMax = 1024;  // known at one time, yet to be walked
    static constexpr std::size_t kLooksPerRun = 500;      // stat(2) calls, some 2 us each
    static constexpr Duration kPause = seconds(10);       // between two walks
    static constexpr std::uint32_t kNamedMax = 12;        // changes named in one walk
    static constexpr Duration kBefore = minutes(10);      // changes before our start that are told

    explicit FileChangesCollector(Workbench& bench);

    // Errc::NotAvailable where nothing is to be watched; Errc::Io when a configured directory lies
    // on a mount that may hang: the others are watched all the same.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    using Path = FixedString<199>;

    void begin_walk(const Root& root, Instant now);
    void avoid_remote(std::string_view mountinfo);
    void start_from(std::string_view path, std::string_view mountinfo);
    void walk_directory(const Root& root, const Files& files, const Path& directory, Instant now);
    bool look_at(const Files& files, const Path& path, Instant now);
    [[nodiscard]] bool is_recent(std::int64_t changed_ns, Instant now) const;
    void tell(const Path& path, const FileStamp& stamp, Instant now);
    void finish_walk(Instant now);

    Workbench& bench_;
    std::vector<Path> queue_;  // directories of this walk; sized once
    std::size_t next_ = 0;     // the first that is not done
    bool walking_ = false;
    bool walked_ = false;
    // Beneath the watched directories. When there are more than fit, the walk does without them
    // all.
    FixedVector<FixedString<127>, 16> remote_;
    Status trouble_ = Ok{};  // of this walk
    Instant walk_began_;
    Instant walk_ended_;
    std::int64_t since_unix_ns_ = 0;  // what changed after this is told
    std::size_t looks_ = 0;           // of this run
    std::uint32_t changes_now_ = 0;   // of this walk
    std::uint64_t changes_ = 0;
    std::uint32_t files_ = 0;       // of this walk
    std::uint32_t files_last_ = 0;  // of the last complete one
    std::uint32_t unwatched_ = 0;   // directories that found no room, of this walk
    std::uint32_t unwatched_last_ = 0;
};

}  // namespace homeostat
