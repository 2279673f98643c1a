#include "collectors/login_news.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/manual_clock.hpp"

using namespace homeostat;

TEST_CASE("login_news: who logged in, who failed to, and what says neither") {
    struct Row {
        std::string_view program;
        std::string_view message;
        LoginFact fact;
        std::string_view user;
    };
    using enum LoginFact;
    for (const Row& row : {
             Row{"sshd", "Accepted publickey for ann from 192.0.2.1 port 5 ssh2: ED25519 x", Login,
                 "ann"},
             Row{"sshd-session", "Accepted password for bob from 192.0.2.1 port 5 ssh2", Login,
                 "bob"},
             Row{"sshd", "Failed password for root from 192.0.2.9 port 5 ssh2", Failure, "root"},
             Row{"sshd", "Failed password for invalid user x from 192.0.2.9 port 5 ssh2", Failure,
                 "x"},
             Row{"sshd", "Connection closed by authenticating user root 192.0.2.9 port 1 [preauth]",
                 Failure, "root"},
             Row{"sshd", "Server listening on 0.0.0.0 port 22.", None, ""},
             Row{"systemd-logind", "New session 5 of user bob.", Login, "bob"},
             Row{"systemd-logind", "New session '5' of user 'bob' with class 'user'.", Login,
                 "bob"},
             Row{"systemd-logind", "Removed session 5.", None, ""},
             Row{"sudo", "pam_unix(sudo:auth): authentication failure; logname= uid=0 user=ann",
                 Failure, "ann"},
             Row{"app", "Accepted publickey for ann from 192.0.2.1", None, ""},
             Row{"", "", None, ""},
         }) {
        CAPTURE(row.message);
        std::string_view user = "unset";
        CHECK(read_login(row.program, row.message, user) == row.fact);
        CHECK(user == row.user);
    }
}

TEST_CASE("login_news: a login is an event, failures become one when they come in a burst") {
    test::ManualClock clock;
    Events events(8);
    LoginNews news;
    JournalEntry entry;
    entry.identifier = "sshd";
    entry.uid = 0;
    entry.message = "Failed password for root from 192.0.2.9 port 5 ssh2";
    for (std::uint32_t i = 0; i + 1 < LoginFailures::kBurst; ++i)
        news.read(entry, clock.now(), events);
    CHECK(events.all().empty());
    for (int i = 0; i < 20; ++i) news.read(entry, clock.now(), events);
    REQUIRE(events.all().size() == 1);
    CHECK(events.all()[0].kind == EventKind::LoginFailures);
    CHECK(events.all()[0].object == "192.0.2.9");
    CHECK(events.all()[0].text.view().starts_with("10 failed logins within a minute"));
    CHECK(news.failures() == LoginFailures::kBurst + 19);
    clock.advance(minutes(1));
    events.begin();
    for (int i = 0; i < 20; ++i) news.read(entry, clock.now(), events);
    CHECK(events.all().size() == 1);
    entry.message = "Accepted publickey for ann from 192.0.2.1 port 5 ssh2";
    news.read(entry, clock.now(), events);
    REQUIRE(events.all().size() == 2);
    CHECK(events.all()[1].kind == EventKind::Login);
    CHECK(events.all()[1].object == "ann");
}

TEST_CASE("login_news: a program that is not root's is not believed") {
    test::ManualClock clock;
    Events events(8);
    LoginNews news;
    JournalEntry entry;
    entry.identifier = "sshd";
    entry.uid = 1000;
    entry.message = "Accepted publickey for root from 192.0.2.1 port 5 ssh2";
    news.read(entry, clock.now(), events);
    CHECK(events.all().empty());
}
