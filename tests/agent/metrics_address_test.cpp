#include "agent/metrics_address.hpp"

#include <doctest/doctest.h>

using namespace homeostat;

TEST_CASE("metrics_address: loopback and unix sockets") {
    const auto four = parse_metrics_address("127.0.0.1:9109");
    REQUIRE(four);
    CHECK(four->host == "127.0.0.1");
    CHECK(four->port == 9109);
    const auto six = parse_metrics_address("[::1]:0");
    REQUIRE(six);
    CHECK(six->host == "::1");
    const auto path = parse_metrics_address("unix:/run/homeostat/metrics.sock");
    REQUIRE(path);
    CHECK(path->socket == "/run/homeostat/metrics.sock");
}

TEST_CASE("metrics_address: what others could reach, or is no address, is refused and quoted") {
    for (const std::string& text :
         {std::string(), std::string("0.0.0.0:9109"), std::string(":9109"), std::string("9109"),
          std::string("192.168.1.2:9109"), std::string("localhost:9109"), std::string("127.0.0.1:"),
          std::string("127.0.0.1:65536"), std::string("127.0.0.1:-1"), std::string("[::]:9109"),
          std::string("::1:9109"), std::string("unix:relative"), std::string("unix:"),
          "unix:/" + std::string(200, 'x'), std::string("unix:/a\0b", 9)}) {
        CAPTURE(text);
        const auto address = parse_metrics_address(text);
        REQUIRE_FALSE(address);
        CHECK(address.error().text.view().find("got '") != std::string_view::npos);
    }
}
