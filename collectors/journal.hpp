// Journal follows the system journal of a host from its present end on, through rotation.
//
// The files are read as they are (collectors/journal_file.hpp): no program is started, nothing
// waits. Reading needs the group systemd-journal. Persistent journals are preferred to those in
// /run, as journald does itself once /var is there. Users' own journals are not read.
#pragma once

#include <cstdint>

#include "collectors/journal_file.hpp"
#include "core/files.hpp"
#include "core/function_ref.hpp"
#include "core/root.hpp"

namespace homeostat {

class Journal {
public:
    // More than this behind, we go to the end at once and count the rest as lost.
    static constexpr std::uint64_t kBehindMax = 50'000;

    // Calls `visit` for each new entry, at most `entries_max` times. Errc::NotAvailable without a
    // journal, Denied without the right to read it, Parse for a damaged one (then read on from its
    // tail). The entry is valid during the call.
    Status poll(const Root& root, const Files& files, std::uint32_t entries_max,
                FunctionRef<void(const JournalEntry&)> visit);

    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    Status find(const Root& root, const Files& files);
    Status open(const Files& files, const char* path);
    void leave_when_rotated(const Files& files);

    JournalFile journal_;
    OpenFile file_;
    JournalEntry entry_;
    FixedString<127> path_;
    std::int64_t last_unix_us_ = 0;  // of the newest entry that was seen
    std::uint64_t lost_ = 0;
};

}  // namespace homeostat
