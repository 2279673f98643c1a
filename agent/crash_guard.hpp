// CrashGuard knows how often in a row the agent did not come to a good end, so that one that keeps
// crashing stops acting: safe mode.
//
// STATE/starts holds one line, "BOOT_ID COUNT": starts in this boot that have neither ended by
// request nor gone well for kSettledAfter. It is raised before anything of the outside is read and
// taken back when we end or have settled, so whatever kills us in between leaves it raised. A host
// that was reset is no crash of ours: another boot id begins at nought. No clock is believed.
//
// In safe mode the agent watches, explains and ships as always, and asks the actuator for nothing.
// It lasts until the next start, and that is an ordinary one if this one settles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/root.hpp"
#include "core/time.hpp"

namespace homeostat {

inline constexpr const char* kStartsFile = "starts";
inline constexpr unsigned kCrashesForSafeMode = 3;
// Longer than the grace after a start: by then it has acted if it ever will.
inline constexpr Duration kSettledAfter = minutes(10);

struct StartRecord {
    std::string boot_id;
    unsigned count = 0;
};

// Of the text of STATE/starts. What cannot be read counts as nought: every start succeeds with
// whatever is on disk.
StartRecord parse_starts(std::string_view text);

class CrashGuard {
public:
    // Notes a start. `boot_id`: proc/sys/kernel/random/boot_id. A state directory that cannot be
    // written leaves the count as it was found.
    static CrashGuard begin(const std::string& state_directory, std::string_view boot_id);

    [[nodiscard]] unsigned crashes() const { return crashes_; }
    [[nodiscard]] bool safe_mode() const { return crashes_ >= kCrashesForSafeMode; }

    // We end because we were asked to, or could not begin for a reason that we have told.
    void end() { forget(); }

    // To be called now and then with how long we have run.
    void note_uptime(Duration uptime) {
        if (!forgotten_ && uptime >= kSettledAfter) forget();
    }

private:
    CrashGuard(std::string path, std::string boot_id, unsigned crashes)
        : path_(std::move(path)), boot_id_(std::move(boot_id)), crashes_(crashes) {}

    void forget();

    std::string path_;
    std::string boot_id_;
    unsigned crashes_;
    bool forgotten_ = false;
};

// The boot id of `root`; empty where it has none.
std::string read_boot_id(const Root& root);

}  // namespace homeostat
