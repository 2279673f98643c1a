#include "agent/config/scrape_target.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace homeostat;

TEST_CASE("scrape target: a server's address, or what is wrong with it") {
    struct Row {
        std::string_view target;
        std::string_view reason;  // empty: it is fine
    };
    for (const Row& row : {Row{"127.0.0.1:9100", ""},
                           Row{"localhost", ""},
                           Row{"my_host.example.org:1", ""},
                           Row{"[::1]:9100", ""},
                           Row{"[fe80::1%eth0]:65535", ""},
                           Row{"[::1]", ""},
                           Row{"http://a:1", "without a scheme"},
                           Row{"a:1/metrics", "without a path"},
                           Row{"a:1?x=y", "without a path"},
                           Row{"u:p@a:1", "credentials"},
                           Row{"a:0", "a port"},
                           Row{"a:65536", "a port"},
                           Row{"a:", "a port"},
                           Row{"a:http", "a port"},
                           Row{"a:-1", "a port"},
                           Row{"", "a host name"},
                           Row{":9100", "a host name"},
                           Row{"::1:9100", "in brackets"},
                           Row{"[]:1", "a host name"},
                           Row{"a b:1", "a host name"},
                           Row{"a\n:1", "a host name"},
                           Row{std::string_view("a\0:1", 4), "a host name"},
                           Row{"\xFF:1", "a host name"}}) {
        CAPTURE(row.target);
        const Status status = check_target(row.target);
        CHECK(status.has_value() == row.reason.empty());
        if (status) continue;
        CHECK(status.error().code == Errc::Invalid);
        CHECK(status.error().text.view().find(row.reason) != std::string_view::npos);
    }
    CHECK_FALSE(check_target(std::string(300, 'a')));
    CHECK_FALSE(check_target(std::string(100'000, ':')));
}
