// LoginNews reads who logged in, and who tried to in vain, from the journal.
//
// A login is an event, and so is a burst of failed ones. Only programs of root are believed, by
// journald's own fields.
// Wordings: OpenSSH's auth.c, Linux-PAM's pam_unix, systemd-logind.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/journal_file.hpp"
#include "collectors/login_failures.hpp"
#include "core/events.hpp"

namespace homeostat {

class LoginNews {
public:
    void read(const JournalEntry& entry, Instant now, Events& events);

    [[nodiscard]] std::uint64_t failures() const { return failures_.count(); }

private:
    LoginFailures failures_;
};

enum class LoginFact : std::uint8_t { None, Login, Failure };

// What a message of this program says, and of whom: `user` is a view of the message.
LoginFact read_login(std::string_view program, std::string_view message, std::string_view& user);

}  // namespace homeostat
