// MountProber asks mounts that may hang (network, FUSE) how full they are, without ever waiting.
//
// A dead NFS server or FUSE program holds whoever asks for as long as it is dead. So a helper
// process asks, and the watch looks at a later tick whether it has answered. There is one helper
// for each mount at most: a mount that hangs for a week costs one sleeping process, not thousands.
// Sources: statvfs(3), fork(2) of a program with threads, close_range(2).
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

#include "core/root.hpp"
#include "core/time.hpp"

namespace homeostat {

struct MountAnswer {
    enum class State : std::uint8_t {
        Waiting,  // asked, no answer yet
        Known,    // `usage` was true between this call and the last
        Failed,   // the mount answered with `error_number`, or no helper could be started
        Refused,  // no room for one more mount
    };
    State state = State::Waiting;
    FilesystemUsage usage{};
    int error_number = 0;
    Duration waiting{};  // since the open question was asked
};

class MountProber {
public:
    virtual ~MountProber() = default;

    // The answer to the last question, if it has come; then the next one is asked. Never waits.
    virtual MountAnswer ask(const char* mount_point, Instant now) = 0;
};

// The real one. Mount points are absolute paths of this host.
class ForkedMountProber final : public MountProber {
public:
    static constexpr std::size_t kMountsMax = 32;

    // What a helper does: 0, or an errno value. It runs in a forked child of a program with
    // threads, so only async-signal-safe calls are allowed.
    using Question = int (*)(const char* mount_point, FilesystemUsage& usage);

    explicit ForkedMountProber(Question question = ask_statvfs) : question_(question) {}
    // Kills what still waits; does not wait for it to die.
    ~ForkedMountProber() override;
    ForkedMountProber(const ForkedMountProber&) = delete;
    ForkedMountProber& operator=(const ForkedMountProber&) = delete;

    MountAnswer ask(const char* mount_point, Instant now) override;

    static int ask_statvfs(const char* mount_point, FilesystemUsage& usage);

private:
    struct Slot {
        FixedString<127> mount_point;  // empty: free
        pid_t helper = 0;              // 0: no question is open
        int answer = -1;               // reading end of the helper's pipe
        Instant asked;
        Instant last_used;
    };

    Slot* slot_for(std::string_view mount_point, Instant now);
    bool start(Slot& slot, Instant now);
    static bool collect(Slot& slot, MountAnswer& answer);
    static void forget(Slot& slot);

    Question question_;
    std::array<Slot, kMountsMax> slots_{};
};

}  // namespace homeostat
