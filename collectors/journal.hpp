// Journal follows the journals of a host from their present end on, through rotation: the system's,
// and those of users.
//
// The files are read as they are (collectors/journal_file.hpp): no program is started, nothing
// waits. Reading needs the group systemd-journal. Persistent journals are preferred to those in
// /run, as journald does itself once /var is there. What runs under the id of a person (1000 and
// above, services with such a User= too) is not in the system's journal but in user-ID.journal: the
// newest of these are followed as well. Of all that is read the memory is fixed, and what was never
// needed of it is not touched.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collectors/journal_file.hpp"
#include "core/files.hpp"
#include "core/function_ref.hpp"
#include "core/root.hpp"

namespace homeostat {

class Journal {
public:
    // More than this behind, we go to the end at once and count the rest as lost.
    static constexpr std::uint64_t kBehindMax = 50'000;
    // Users' journals that are followed: those that were written to last.
    static constexpr std::size_t kUsersMax = 8;
    static constexpr std::uint32_t kUserLooks = 30;  // they are looked for every so many polls

    Journal();
    Journal(const Journal&) = delete;  // what it follows borrows its unpacker
    Journal& operator=(const Journal&) = delete;

    // Calls `visit` for each new entry, at most `entries_max` times, of the system's journal first.
    // Errc::NotAvailable without one, Denied without the right to read it, Parse for a damaged one
    // (then read on from its tail). A user's that cannot be read is passed over. The entry is valid
    // during the call.
    Status poll(const Root& root, const Files& files, std::uint32_t entries_max,
                FunctionRef<void(const JournalEntry&)> visit);

    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    using Path = FixedString<127>;

    struct Followed {
        explicit Followed(FieldUnpacker& unpacker) : journal(unpacker) {}

        JournalFile journal;
        OpenFile file;
        Path path;
        std::uint64_t user = 0;         // of the system's: 0
        std::int64_t last_unix_us = 0;  // of the newest entry that was seen
    };

    Status find(const Root& root, const Files& files);
    Status open(const Files& files, Followed& followed);
    Status read(const Files& files, Followed& followed, std::uint32_t& left,
                FunctionRef<void(const JournalEntry&)> visit);
    static void leave_when_rotated(const Files& files, Followed& followed);
    void look_for_users(const Root& root, const Files& files);
    void follow(std::uint64_t user, std::span<const std::uint64_t> wanted);
    [[nodiscard]] Path path_of(std::uint64_t user) const;

    FieldUnpacker unpacker_;
    // The system's first, then users'. Room for all is set aside, and touched when one is there.
    std::vector<Followed> followed_;
    Path directory_;  // of the system's, ends in a slash
    JournalEntry entry_;
    std::uint32_t polls_ = 0;
    std::uint64_t lost_ = 0;
};

}  // namespace homeostat
