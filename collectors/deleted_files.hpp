// DeletedFilesCollector finds the space that deleted files still hold because somebody has them
// open.
//
// df counts them, du cannot see them, and nothing frees them but their holder. A pass over the open
// files of all processes is dear (some 5 us each), so it is spread over many runs: a bounded number
// of descriptors in each, then on from the same process. Series of each local mount:
// filesystem_deleted_open_bytes, as of the last whole pass. The largest holder of a mount is told
// as an event when it holds much. Other users' files need CAP_SYS_PTRACE: where they may not be
// looked at, deleted_files_unseen_count tells of how many processes. Files on mounts that may hang
// (network, FUSE) are left out: asking for their size would wait for the server. The same look
// counts instances of inotify: inotify_instances_used_ratio is the most that one user has, against
// fs.inotify.max_user_instances; unknown where not every process may be looked at. Source:
// proc_pid_fd(5).
#pragma once

#include <optional>
#include <string_view>

#include "collectors/collector.hpp"
#include "collectors/workbench.hpp"
#include "core/fixed_vector.hpp"

namespace homeostat {

class DeletedFilesCollector final : public Collector {
public:
    static constexpr std::uint32_t kDescriptorsPerRun = 2000;
    static constexpr std::size_t kDevicesMax = 16;
    // A holder is told of when it holds this much, or this share of a small file system.
    static constexpr double kToldBytes = 256.0 * 1024 * 1024;
    static constexpr double kToldShare = 0.1;

    explicit DeletedFilesCollector(Workbench& bench) : bench_(bench) {}

    // Errc::NotAvailable where files are not watched.
    Status collect(const Root& root, Samples& out) override;
    static std::span<const Metric> metrics();

private:
    struct Held {
        std::uint64_t device = 0;  // st_dev
        std::uint64_t bytes = 0;
        std::uint64_t largest_bytes = 0;  // of one file
        std::int32_t largest_pid = 0;
    };

    bool may_ask(const Root& root, std::int32_t pid, std::string_view descriptor);
    void look_at(const Root& root, const Files& files, std::int32_t pid);
    void add(std::int32_t pid, const FileStamp& stamp);
    void count_inotify(const Root& root, std::int32_t pid, std::uint32_t instances);
    void finish(const Root& root, Instant now);
    void tell(const Root& root, std::string_view mount, const Held& held, Instant now);

    struct MountHeld {
        FixedString<127> mount;
        std::uint64_t bytes = 0;
    };

    Workbench& bench_;
    FixedVector<Held, kDevicesMax> held_;        // of the present pass
    FixedVector<MountHeld, kDevicesMax> found_;  // of the last whole one
    // Instances of inotify of each user, of the present pass; users beyond the table's size have
    // few.
    struct Watcher {
        std::uint64_t uid = 0;
        std::uint32_t instances = 0;
    };
    FixedVector<Watcher, 64> watchers_;
    std::uint32_t inotify_most_ = 0;          // of one user, in the last whole pass
    FixedVector<std::uint64_t, 64> counted_;  // inodes of the present process, once each
    std::optional<std::uint64_t> mount_;      // asked last, of the present process
    bool mount_is_local_ = false;             // the answer
    std::int32_t next_pid_ = 0;               // where the pass goes on
    std::uint32_t descriptors_ = 0;           // of the present run
    std::uint32_t unseen_ = 0;
    std::uint32_t unseen_last_ = 0;
    bool passed_ = false;
};

// st_dev of the "8:1" that mountinfo writes; nothing for other text.
std::optional<std::uint64_t> parse_device_number(std::string_view text);

}  // namespace homeostat
