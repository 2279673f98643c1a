#include "agent/uplink/redirect.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("redirect: 307 and 308 within the same origin") {
    struct Row {
        const char* url;
        const char* location;
        const char* target;
    };
    for (const Row& row :
         {Row{"http://a:4318/v1/logs", "/v2/logs", "http://a:4318/v2/logs"},
          Row{"http://a:4318/v1/logs", "http://a:4318/x?y=1", "http://a:4318/x?y=1"},
          Row{"http://a:4318/v1/logs", "HTTP://A:4318/x", "HTTP://A:4318/x"},
          Row{"https://a/v1/logs", "https://a:443/x", "https://a:443/x"},
          Row{"http://a:80/x", "http://a/y", "http://a/y"},
          Row{"https://a/v1", "//a/v2", "https://a/v2"}, Row{"http://a", "/x", "http://a/x"},
          Row{"http://[::1]:80/x", "http://[::1]/y", "http://[::1]/y"},
          Row{"http://a/x", "/y#part", "http://a/y"}}) {
        CAPTURE(row.url);
        CAPTURE(row.location);
        for (const int status : {307, 308}) {
            const auto target = redirect_target(status, row.url, row.location);
            REQUIRE(target);
            CHECK(*target == row.target);
        }
    }
}

TEST_CASE("redirect: to anywhere else, by any other status, or to what is no URL: not followed") {
    struct Row {
        int status;
        std::string location;
    };
    for (const Row& row : {Row{301, "/x"},
                           Row{302, "/x"},
                           Row{303, "/x"},
                           Row{200, "/x"},
                           Row{307, ""},
                           Row{307, "http://b:4318/x"},
                           Row{307, "http://a/x"},
                           Row{307, "http://a:4319/x"},
                           Row{307, "https://a:4318/x"},
                           Row{307, "//b/x"},
                           Row{307, "file:///etc/passwd"},
                           Row{307, "http://a:4318@b/x"},
                           Row{307, "http://u:p@a:4318/x"},
                           Row{307, "x/y"},
                           Row{307, "http://a:4318\\@b/x"},
                           Row{307, "/x\r\nEvil: 1"},
                           Row{307, "/x y"},
                           Row{307, std::string("/x\0y", 4)},
                           Row{307, "/" + std::string(5000, 'x')},
                           Row{307, "http://"},
                           Row{307, "http:///x"},
                           Row{307, "http://a.evil:4318/x"}}) {
        CAPTURE(row.status);
        CAPTURE(row.location);
        CHECK_FALSE(redirect_target(row.status, "http://a:4318/v1/logs", row.location));
    }
    CHECK_FALSE(redirect_target(307, "", "/x"));
}
