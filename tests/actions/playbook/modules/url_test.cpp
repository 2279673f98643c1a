#include "actions/playbook/modules/url.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace homeostat::playbook {

TEST_CASE("url: parts of those that are accepted") {
    const auto parts = split_url("https://Example.org:8443/a/b?c#d");
    REQUIRE(parts);
    CHECK(parts->origin == "https://Example.org:8443");
    CHECK(parts->host == "example.org");
    CHECK(parts->path == "/a/b?c#d");
    CHECK(split_url("http://[::1]:80/")->host == "::1");
    CHECK(split_url("http://a")->path.empty());
    for (const std::string_view url :
         {"", "http", "http:/a", "ftp://a", "HTTP://a", "http:///x", "http://a:0/", "http://a:x/",
          "http://a:99999/", "http://u@a/", "http://a\\b/", "http://a b", "http://[::1",
          "http://\x01"}) {
        CAPTURE(url);
        CHECK_FALSE(split_url(url));
    }
}

TEST_CASE("url: loopback by the text alone") {
    for (const std::string_view host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"})
        CHECK(is_loopback(host));
    for (const std::string_view host :
         {"", "127", "127.1", "127.0.0.256", "127.0.0.1.example.org", "128.0.0.1",
          "localhost.example.org", "10.0.0.1", "::2", "127.0.0.1x"}) {
        CAPTURE(host);
        CHECK_FALSE(is_loopback(host));
    }
}

TEST_CASE("url: where a redirect leads") {
    struct Row {
        std::string_view url;
        std::string_view location;
        std::string_view target;
    };
    for (const Row& row : std::vector<Row>{
             {"http://a/b/c?d", "/x", "http://a/x"},
             {"http://a/b/c?d", "x", "http://a/b/x"},
             {"http://a", "x", "http://a/x"},
             {"http://a/", "http://b/", "http://b/"},
             {"https://a/", "//b/c", "https://b/c"},
         }) {
        CAPTURE(row.location);
        CHECK(*resolve_location(row.url, row.location) == row.target);
    }
}

}  // namespace homeostat::playbook
