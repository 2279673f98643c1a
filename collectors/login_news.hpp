// LoginNews reads who logged in, and who tried to in vain, from the journal.
//
// A login is an event. A failed one is everyday noise on the Internet; a burst of them is an event,
// told once a minute while it lasts. Only programs of root are believed, by journald's own fields.
// Wordings: OpenSSH's auth.c, Linux-PAM's pam_unix, systemd-logind.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/journal_file.hpp"
#include "core/events.hpp"

namespace homeostat {

class LoginNews {
public:
    static constexpr std::uint32_t kBurst = 10;  // failures within a minute

    void read(const JournalEntry& entry, Instant now, Events& events);

    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    void note_failure(std::string_view message, Instant now, Events& events);

    std::uint64_t failures_ = 0;
    std::uint32_t in_window_ = 0;
    Instant window_;  // when the present minute began
    bool told_ = false;
};

enum class LoginFact : std::uint8_t { None, Login, Failure };

// What a message of this program says, and of whom: `user` is a view of the message.
LoginFact read_login(std::string_view program, std::string_view message, std::string_view& user);

}  // namespace homeostat
