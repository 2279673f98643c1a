#include "collectors/login_news.hpp"

#include <array>

#include "core/parse.hpp"

namespace homeostat {
namespace {

// The word after `mark`, without the quotes that some versions put around it, or empty.
std::string_view word_after(std::string_view text, std::string_view mark) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return {};
    std::string_view word = text.substr(at + mark.size());
    if (word.starts_with('\'')) word.remove_prefix(1);
    return word.substr(0, word.find_first_of(" ,;'"));
}

LoginFact read_sshd(std::string_view message, std::string_view& user) {
    if (message.starts_with("Accepted ")) {
        user = word_after(message, " for ");
        return LoginFact::Login;
    }
    for (const std::string_view start :
         {"Failed ", "Connection closed by authenticating user ",
          "Disconnected from authenticating user ", "Connection closed by invalid user "}) {
        if (!message.starts_with(start)) continue;
        user = word_after(message, " user ");
        if (user.empty()) user = word_after(message, " for ");
        return LoginFact::Failure;
    }
    return LoginFact::None;
}

}  // namespace

LoginFact read_login(std::string_view program, std::string_view message, std::string_view& user) {
    user = {};
    if (program == "sshd" || program == "sshd-session" || program == "sshd-auth") {
        return read_sshd(message, user);
    }
    if (program == "systemd-logind") {
        // "New session 5 of user bob.", newer ones add a class and a type behind it.
        if (!message.starts_with("New session ")) return LoginFact::None;
        user = word_after(message, " of user ");
        if (user.ends_with('.')) user.remove_suffix(1);
        return LoginFact::Login;
    }
    if (message.starts_with("pam_unix(") &&
        message.find(":auth): authentication failure;") != std::string_view::npos) {
        user = word_after(message, " user=");
        return LoginFact::Failure;
    }
    return LoginFact::None;
}

void LoginNews::read(const JournalEntry& entry, Instant now, Events& events) {
    if (entry.uid != 0) return;
    std::string_view user;
    const LoginFact fact = read_login(entry.identifier, entry.message, user);
    if (fact == LoginFact::Failure) {
        failures_.note(word_after(entry.message, " from "), entry.message, now, events);
    }
    if (fact != LoginFact::Login) return;
    // The services' own sessions (cron, greeter) are told by nobody but logind, and are no news.
    if (user.empty()) return;
    events.add({.at = now,
                .kind = EventKind::Login,
                .subject = {},
                .object = user,
                .text = entry.message.view()});
}

}  // namespace homeostat
