// GrownFiles looks beneath a mount for what changed lately: the directory that a full file system
// became full in, and the one file, if it is one.
//
// Nothing counts who grew; but what was written to bears the time of it. The search goes through
// directories a bounded piece at a time, so that the watch goes on, and is over when all was seen
// or its bound is reached; of "/" it sees only where data grows (/var, /tmp, /home, ...). Other
// file systems mounted deeper are left out. One search at a time. Sources: getdents(2), statx(2).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/files.hpp"
#include "core/fixed_string.hpp"
#include "core/fixed_vector.hpp"
#include "core/incident.hpp"
#include "core/root.hpp"

namespace homeostat {

class GrownFiles {
public:
    static constexpr std::uint32_t kEntriesPerStep = 1000;  // some 4 ms when they are cached
    static constexpr std::uint32_t kEntriesMax = 400'000;   // of one search
    static constexpr std::size_t kDepthMax = 12;
    static constexpr double kShareMin = 0.6;  // of all that changed: a place that stands out

    enum class Count : std::uint8_t { Bytes, Files };

    // Begins anew. What changed before `since_unix_ns` (wall clock) does not count.
    void begin(std::string_view mount, std::int64_t since_unix_ns, Count count);
    // What the search is about, or was; and whether it goes on.
    [[nodiscard]] std::string_view mount() const { return mount_; }
    [[nodiscard]] bool goes_on() const { return goes_on_; }

    // A piece of the search; true when it is over.
    bool step(const Root& root, const Files& files);

    // The deepest place with most of it. REQUIRES: step() said that it is over.
    [[nodiscard]] GrownPlace result() const;

private:
    struct Sum {
        double bytes = 0;
        std::uint32_t files = 0;
    };
    struct Level {
        std::size_t path_size = 0;  // how much of path_ is this directory's
        std::uint32_t next = 0;     // entries of it that were seen
        Sum sum;                    // of what lies in it, also deeper
    };
    struct Place {
        FixedString<191> path;
        Sum sum;
        bool is_file = false;
        std::uint8_t depth = 0;
    };

    bool look_further(const Root& root, const Files& files);
    [[nodiscard]] double weight(const Sum& sum) const;
    bool next_start(const Files& files);
    void enter(std::string_view name);
    void leave();
    void look_at(const Files& files, std::string_view name, bool& entered);
    void remember(std::string_view path, const Sum& sum, bool is_file);

    FixedString<127> mount_;
    bool goes_on_ = false;
    std::int64_t since_ns_ = 0;
    Count count_ = Count::Bytes;
    std::uint64_t device_ = 0;
    std::size_t next_start_ = 0;  // of the directories that the search begins in
    std::uint32_t seen_ = 0;
    FixedString<191> path_;  // of the directory looked at, relative to the root
    FixedVector<Level, kDepthMax> levels_;
    FixedVector<Place, 24> places_;
    Sum total_;
};

}  // namespace homeostat
